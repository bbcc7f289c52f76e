// The call status, live. The stream says only that something changed; what is shown comes from the server. Where that
// cannot be known, without internet or after a telephone has slept, the place says so: never an old status.
const place = document.querySelector("[data-live]");
const SILENCE = 25_000; // the server lets itself be heard every 15 seconds
const SHORTEST = 1000;
const LONGEST = 30_000;

let stream;
let heard; // when the server was heard last
let pause = SHORTEST;
let timer;
let reading = 0; // only the last answer counts

function meaning(part) {
  const actions = [...part.querySelectorAll("form")].map((form) => form.getAttribute("action"));
  return part.textContent.replace(/\s+/g, " ").trim() + actions.join();
}

// What says the same stays, so that nobody's finger or focus loses the button and nothing is read out twice.
function show(fresh) {
  if (meaning(fresh) !== meaning(place)) place.replaceChildren(...fresh.childNodes);
}

function unknown() {
  reading += 1;
  const line = document.createElement("p");
  line.className = "status-line";
  line.textContent = place.dataset.offline;
  const part = document.createElement("div");
  part.append(line);
  show(part);
}

async function read() {
  reading += 1;
  const mine = reading;
  try {
    const answer = await fetch(place.dataset.now, { cache: "no-store", redirect: "manual" });
    const html = await answer.text();
    if (mine !== reading) return;
    if (answer.type === "opaqueredirect") return void location.reload(); // signed out
    if (answer.status !== 200) return unknown();
    const part = document.createElement("template");
    part.innerHTML = html;
    show(part.content);
  } catch {
    if (mine === reading) unknown();
  }
}

function connect() {
  clearTimeout(timer);
  stream?.close();
  heard = Date.now();
  stream = new EventSource(place.dataset.live);
  stream.onmessage = () => {
    heard = Date.now();
    pause = SHORTEST;
    read();
  };
  stream.addEventListener("here", () => {
    heard = Date.now();
    if (place.textContent === place.dataset.offline) read();
  });
  stream.addEventListener("again", connect);
  stream.onerror = lose;
}

function lose() {
  stream.close();
  unknown();
  clearTimeout(timer);
  timer = setTimeout(connect, pause);
  pause = Math.min(2 * pause, LONGEST);
}

function watch() {
  if (stream.readyState !== EventSource.CLOSED && Date.now() - heard > SILENCE) lose();
}

if (place) {
  connect();
  setInterval(watch, 5000);
  addEventListener("visibilitychange", watch);
  addEventListener("offline", lose);
  addEventListener("online", connect);
}

// The call status, live. The stream says only that something changed; what is shown comes from the server, or the place
// says that it is unknown: never an old status.
const place = document.querySelector("[data-live]");

function unknown() {
  const line = document.createElement("p");
  line.className = "status-line";
  line.textContent = place.dataset.offline;
  place.replaceChildren(line);
}

async function read() {
  try {
    const answer = await fetch(place.dataset.now, { cache: "no-store", redirect: "manual" });
    if (answer.status === 200) place.innerHTML = await answer.text();
    else if (answer.type === "opaqueredirect") location.reload(); // signed out
    else unknown();
  } catch {
    unknown();
  }
}

if (place) {
  let pause = 1000;
  const open = () => {
    const stream = new EventSource(place.dataset.live);
    stream.onopen = () => (pause = 1000);
    stream.onmessage = read;
    stream.onerror = () => {
      stream.close();
      unknown();
      setTimeout(open, pause);
      pause = Math.min(2 * pause, 30_000);
    };
  };
  open();
  addEventListener("offline", unknown);
  addEventListener("online", read);
}

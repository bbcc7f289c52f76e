// The phone: sends keys to the demo's switch, hears by server-sent events what happens, plays the prompts' sounds.
// It works without sound too; how long a prompt takes is the switch's matter. Digits are shown as dots and kept nowhere.

const $ = (id) => document.getElementById(id);
const handset = $("handset");
const transcript = document.querySelector(".transcript");
const words = transcript.dataset;
let token = document.querySelector("#origin [name=csrfmiddlewaretoken]").value;

let call = null; // { address, events, began }
let keyed = null; // the line of the transcript that grows with each key
let sending = Promise.resolve();
let listens = false; // whether the hotline takes keys now
let sound = null;
let tones = null;

const post = (address, fields) =>
  fetch(address, { method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams(fields) });

async function send(address, fields) {
  const answer = await post(address, fields);
  if (answer.status !== 403) return answer;
  ({ token } = await (await fetch(words.token)).json()); // somebody signed in at the desk meanwhile
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  return post(address, fields);
}

const clock = (milliseconds) => {
  const two = (number) => String(number).padStart(2, "0");
  const seconds = Math.floor(milliseconds / 1000);
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
};

const said = (template) => $(template).content.cloneNode(true);

function show(state, word) {
  handset.dataset.state = state;
  $("state").textContent = word;
}

function line(kind, speaker, ...content) {
  $("nothing-yet")?.remove();
  const row = $("line").content.cloneNode(true).querySelector("li");
  row.className = kind;
  row.querySelector("time").textContent = clock(Date.now() - call.began);
  row.querySelector(".speaker").append(speaker);
  row.querySelector(".words").append(...content);
  $("lines").append(row);
  row.scrollIntoView({ block: "nearest" });
  return row;
}

// Sound ---------------------------------------------------------------------------------------------------------------

function silence() {
  sound?.pause();
  sound = null;
}

function play(name) {
  silence();
  if (!$("sound").checked) return;
  const [catalogue, prompt] = name.split("/");
  sound = new Audio(words.sounds.replace("CATALOGUE", catalogue).replace("PROMPT", prompt));
  sound.play().catch(() => {}); // a machine without sound still has the transcript
}

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477];

function beep(key) {
  if (!$("sound").checked) return;
  const place = "123456789*0#".indexOf(key);
  try {
    tones ??= new AudioContext();
    const volume = new GainNode(tones, { gain: 0.06 });
    volume.connect(tones.destination);
    for (const frequency of [ROWS[Math.floor(place / 3)], COLUMNS[place % 3]]) {
      const tone = new OscillatorNode(tones, { frequency });
      tone.connect(volume);
      tone.start();
      tone.stop(tones.currentTime + 0.11);
    }
  } catch {
    // no sound here
  }
}

// What the visitor does -------------------------------------------------------------------------------------------------

function press(key) {
  const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), 120);
  beep(key);
  if (!call) return;
  const { address } = call;
  sending = sending.then(() => send(`${address}/key`, { key })).catch(() => {}); // one after the other, in order
  if (!listens) return;
  keyed ??= line("caller", said("you"), "");
  keyed.querySelector(".words").append(key === "#" || key === "*" ? ` ${key}` : "•");
  $("typed").textContent += key === "#" || key === "*" ? "" : "•";
  if (key === "#" || key === "*") endEntry();
}

function endEntry() {
  keyed = null;
  $("typed").textContent = "";
}

async function dial() {
  const origin = new FormData($("origin"));
  const chosen = origin.get("calling");
  const calling = chosen === "other" ? origin.get("other") : chosen;
  $("lines").replaceChildren();
  for (const part of ["ringing", "to-desk"]) $(part).hidden = true;
  call = { began: Date.now() };
  busy(true);
  show("dialling", words.dialling);
  const answer = await send(words.calls, { calling, trunk: origin.get("trunk") }).catch(() => null);
  if (!answer?.ok) return void over(answer?.status === 400 ? words.noNumber : words.failed);
  const { call: handle } = await answer.json();
  call.address = `${words.calls}/${handle}`;
  call.events = new EventSource(`${call.address}/events`);
  call.events.onmessage = (message) => HAPPENS[JSON.parse(message.data).kind](JSON.parse(message.data));
  call.events.onerror = () => call?.events.readyState === EventSource.CLOSED && over(words.failed);
}

function busy(is) {
  $("call").hidden = is;
  $("hang-up").hidden = !is;
  for (const part of $("origin").elements) part.disabled = is;
  document.querySelector(".others").inert = is;
}

function over(word) {
  silence();
  listens = false;
  endEntry();
  call?.events?.close();
  call = null;
  busy(false);
  $("ringing").hidden = true;
  show("idle", word);
  $("call").focus();
}

// What happens ----------------------------------------------------------------------------------------------------------

const HAPPENS = {
  dialling: () => {},

  says({ text, sound: name, keys }) {
    endEntry();
    listens = keys;
    show("speaking", words.speaking);
    line("hotline", said("hotline"), text);
    play(name);
  },

  interrupted: () => {
    silence();
    show("listening", words.listening);
  },

  listens() {
    listens = true;
    show("listening", words.listening);
  },

  rings({ level, agents }) {
    endEntry();
    listens = false;
    show("ringing", words.ringing);
    line("event", "", said("handed-over"), " ", said(level > 0 ? "verified" : "unverified"));
    $("agents").replaceChildren(
      ...agents.map(({ login, name }) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
        button.dataset.agent = login;
        button.onclick = () => send(`${call.address}/agent`, { agent: login });
        return button;
      }),
    );
    $("ringing").hidden = false;
    $("ringing").scrollIntoView({ block: "nearest" });
  },

  talks({ agent, login, at_desk: atDesk }) {
    $("ringing").hidden = true;
    show("talking", `${words.talking}: ${agent}`);
    line("event", "", `${agent} `, said("connected"));
    if (!atDesk) return;
    $("to-desk").elements.agent.value = login;
    $("to-desk").querySelector("[data-name]").textContent = agent;
    $("to-desk").hidden = false;
    $("to-desk").scrollIntoView({ block: "nearest" });
  },

  over() {
    line("event", "", said("hung-up"));
    $("to-desk").hidden = true;
    over(words.over);
  },
};

$("call").onclick = dial;
$("hang-up").onclick = () => call?.address && send(`${call.address}/hang-up`, {});
$("sound").onchange = () => !$("sound").checked && silence();
document.querySelector(".other").onfocus = () => ($("calling-other").checked = true);
for (const button of document.querySelectorAll("[data-key]")) button.onclick = () => press(button.dataset.key);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.matches("input:not([type=radio]):not([type=checkbox])")) return;
  if ("0123456789*#".includes(event.key)) press(event.key);
});
setInterval(() => call && ($("clock").textContent = clock(Date.now() - call.began)), 250);

// Another call code does not end a call that is under way, as a new page would.
$("call-code").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const answer = await send(form.action, { customer: form.elements.customer.value, alone: "yes" });
  if (answer.ok) form.querySelector("[role=status]").textContent = (await answer.json()).code;
});

// Live updates, an addition: every page works without this file (surfaces).
// The stream only says that something changed; what is shown always comes from the server, by the fragment.

const now = () => Date.now();

function clock(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

function tick() {
  for (const time of document.querySelectorAll("time[data-since]")) time.textContent = clock(now() - time.dataset.since);
  for (const time of document.querySelectorAll("time[data-until]")) time.textContent = clock(time.dataset.until - now());
}

function announce(text) {
  const place = document.querySelector("[data-announce-here]");
  if (place && text) place.textContent = text;
}

// The grant's end hides customer data at once; the server has refused it from that moment anyway (A4).
function endGrant(bar) {
  for (const part of document.querySelectorAll("[data-ends-with-grant]")) part.remove();
  for (const part of document.querySelectorAll("[data-when-ended]")) part.hidden = false;
  bar.className = "state-bar is-none";
  bar.querySelector(".sentence").textContent = bar.dataset.ended;
  announce(bar.dataset.ended);
}

function watchGrant(bar) {
  let ended = false;
  const end = () => {
    if (!ended) endGrant(bar);
    ended = true;
  };
  const wait = () => {
    const left = bar.dataset.grantUntil * 1000 - now();
    if (left > 0) setTimeout(wait, Math.min(left, 60_000));
    else end();
  };
  wait();
  listen(bar.dataset.stream, async () => {
    const answer = await fetch(bar.dataset.alive, { redirect: "manual" });
    if (answer.status === 205) end(); // the caller hung up, or the call was wrapped up elsewhere
    else if (document.querySelector("[data-waiting]")) await readReply();
  });
}

// The customer answered, or nobody did in time: the whole page, unless a note is being written, which must not get lost.
async function readReply() {
  const answer = await fetch(location.href, { redirect: "manual" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (fresh.querySelector("[data-waiting]")) return;
  if ([...document.querySelectorAll("textarea")].every((field) => !field.value)) return void location.reload();
  document.querySelector(".stack").replaceWith(fresh.querySelector(".stack"));
  if (fresh.querySelector("[data-question].is-refused")) {
    // A no: nothing of the customer stays on the screen (A4); the note that is being written does.
    for (const part of document.querySelectorAll(".panel [data-ends-with-grant]:not(.stack)")) part.remove();
  }
  announce(document.querySelector("[data-question]")?.textContent.trim());
}

// Calls `changed` on every event and after every reconnection, so that nothing is missed.
function listen(address, changed, connected = () => {}) {
  let pause = 1000;
  const open = () => {
    const stream = new EventSource(address);
    stream.onopen = () => {
      pause = 1000;
      connected(true);
      changed();
    };
    stream.onmessage = changed;
    stream.onerror = () => {
      connected(false);
      if (stream.readyState !== EventSource.CLOSED) return; // the browser reconnects by itself
      setTimeout(open, pause);
      pause = Math.min(pause * 2, 30_000);
    };
  };
  open();
}

function watchBoard(board) {
  const list = board.querySelector("[data-live]");
  const lost = board.querySelector("[data-connection]");
  let wanted = false;
  let fetching = false;

  async function refresh() {
    if (fetching) return void (wanted = true);
    fetching = true;
    try {
      do {
        wanted = false;
        const answer = await fetch(board.dataset.fragment, { headers: { Accept: "text/html" }, redirect: "manual" });
        if (answer.type === "opaqueredirect" || answer.status === 403) return void location.reload();
        if (answer.ok) show(await answer.text());
      } while (wanted);
    } catch {
      lost.hidden = false;
    } finally {
      fetching = false;
    }
  }

  function show(html) {
    const told = new Set([...list.querySelectorAll("[data-announce]")].map((row) => row.id + row.dataset.announce));
    const focused = document.activeElement?.id;
    list.innerHTML = html;
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
    const fresh = [...list.querySelectorAll("[data-announce]")].filter((row) => !told.has(row.id + row.dataset.announce));
    announce(fresh.map((row) => row.dataset.announce).join(". "));
  }

  listen(board.dataset.stream, refresh, (here) => {
    lost.hidden = here;
  });
}

setInterval(tick, 1000);
for (const bar of document.querySelectorAll("[data-grant-until]")) watchGrant(bar);
for (const board of document.querySelectorAll("[data-fragment]")) watchBoard(board);

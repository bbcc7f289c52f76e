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

// Whatever changes in the call, the screen follows. What cannot be asked is hidden until it can: it may be a no (A4).
function watchGrant(bar) {
  let ended = false;
  let asking = 0; // only the last answer counts
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
  let leaving = false; // a form is on its way, and its answer is the next page
  addEventListener("submit", () => (leaving = true));

  async function follow() {
    if (leaving) return;
    const mine = (asking += 1);
    try {
      const alive = await fetch(bar.dataset.alive, { redirect: "manual", cache: "no-store" });
      if (mine !== asking || ended || leaving) return;
      if (alive.status === 205) return void end(); // the caller hung up, or the call was wrapped up elsewhere
      if (alive.status !== 204) throw new Error("not said");
      if (alive.headers.get("Werda-Mark") !== bar.dataset.mark) await takeAnew(bar);
      if (mine === asking && !ended) conceal(false);
    } catch {
      if (mine !== asking || ended) return;
      conceal(true);
      announce(bar.dataset.unsure);
      setTimeout(follow, 2000);
    }
  }
  listen(bar.dataset.stream, follow);
}

function conceal(hidden) {
  for (const part of document.querySelectorAll("[data-part]")) part.hidden = hidden;
}

// The whole page, unless a note is being written, which must not get lost: then every part but that.
async function takeAnew(bar) {
  if ([...document.querySelectorAll("textarea")].every((field) => !field.value)) {
    return void location.assign(bar.dataset.here); // where a form was refused, the address is that form's
  }
  const answer = await fetch(bar.dataset.here, { redirect: "manual", cache: "no-store" });
  if (!answer.ok) throw new Error("not said");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const freshBar = fresh.querySelector("[data-grant-until]");
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (other) part.replaceWith(other);
    else part.remove();
  }
  bar.className = freshBar.className;
  bar.replaceChildren(...freshBar.childNodes);
  Object.assign(bar.dataset, { mark: freshBar.dataset.mark, grantUntil: freshBar.dataset.grantUntil });
  announce(document.querySelector("[data-question]")?.textContent.trim() ?? bar.querySelector(".sentence").textContent);
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

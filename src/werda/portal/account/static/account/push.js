// Switches notifications on this device on and off. Where the browser has none, the page says so.
const part = document.querySelector("[data-push]");
const say = (name) => {
  for (const state of part.querySelectorAll("[data-push-state]")) state.hidden = state.dataset.pushState !== name;
};

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function send(address, fields) {
  const csrf = part.querySelector("[name=csrfmiddlewaretoken]").value;
  return fetch(address, { method: "POST", headers: { "X-CSRFToken": csrf }, body: new URLSearchParams(fields) });
}

// What the browser has is told anew each time, so that it is this session's and not that of who was here before.
async function tell(subscription) {
  const fields = { endpoint: subscription.endpoint, p256dh: text(subscription.getKey("p256dh")) };
  const answer = await send(part.dataset.on, { ...fields, auth: text(subscription.getKey("auth")) });
  say(answer.ok ? "on" : "failed");
}

async function switchOn(worker) {
  try {
    if ((await Notification.requestPermission()) !== "granted") return say("denied");
    const key = { userVisibleOnly: true, applicationServerKey: bytes(part.dataset.push) };
    await tell(await worker.pushManager.subscribe(key));
  } catch {
    say("failed");
  }
}

async function switchOff(worker) {
  const subscription = await worker.pushManager.getSubscription();
  if (subscription) {
    await send(part.dataset.off, { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  say("off");
}

async function begin() {
  if (!("PushManager" in window) || !("Notification" in window) || !navigator.serviceWorker) return say("none");
  const worker = await navigator.serviceWorker.ready;
  for (const button of part.querySelectorAll("[data-push-on]")) button.onclick = () => switchOn(worker);
  part.querySelector("[data-push-off]").onclick = () => switchOff(worker);
  part.querySelector("[data-push-test]").onclick = () => send(part.dataset.test, {});
  if (Notification.permission === "denied") return say("denied");
  const subscription = await worker.pushManager.getSubscription();
  return subscription ? tell(subscription) : say("off");
}

if (part) begin().catch(() => say("failed"));

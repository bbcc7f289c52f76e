// Makes the portal an app: starts the service worker, says when the internet is gone, offers to install where the
// browser does. Without it every page works as well.

navigator.serviceWorker?.register("/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => {});

function sayWhetherOffline() {
  for (const message of document.querySelectorAll("[data-no-internet]")) message.hidden = navigator.onLine;
}
window.addEventListener("offline", sayWhetherOffline);
window.addEventListener("online", sayWhetherOffline);
sayWhetherOffline();

// A device says "online" when it has a network, often before anything answers through it, and only once; so the page
// that waits asks until the server answers. The worker keeps no copy of itself, so no old answer can be taken for one.
async function goOnWithInternet() {
  const answered = navigator.onLine && (await fetch("/sw.js", { method: "HEAD", cache: "no-store" }).catch(() => null));
  if (answered?.ok) location.reload();
  else setTimeout(goOnWithInternet, 2000);
}
const waiting = document.querySelector("[data-waits-for-internet]");
if (waiting && waiting.dataset.waitsForInternet !== location.pathname) goOnWithInternet();

let offer;
function showOffer() {
  for (const part of document.querySelectorAll("[data-install]")) part.hidden = !offer;
}
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  showOffer();
});
window.addEventListener("appinstalled", () => {
  offer = undefined;
  showOffer();
});
for (const button of document.querySelectorAll("[data-install] button")) {
  button.addEventListener("click", async () => {
    await offer?.prompt();
    offer = undefined;
    showOffer();
  });
}

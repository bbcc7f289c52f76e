// Makes the portal an app: starts the service worker, says when the internet is gone, offers to install where the
// browser does. Without it every page works as well.

navigator.serviceWorker?.register("/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => {});

function sayWhetherOffline() {
  for (const message of document.querySelectorAll("[data-no-internet]")) message.hidden = navigator.onLine;
}
window.addEventListener("offline", sayWhetherOffline);
window.addEventListener("online", () => {
  sayWhetherOffline();
  if (document.querySelector("[data-waits-for-internet]")) location.reload();
});
sayWhetherOffline();

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

// Counts the seconds for which a secret stays on the page, then hides it. Without this script the page leaves by itself.
const countdown = document.querySelector("[data-seconds]");

if (countdown) {
  const left = countdown.querySelector("[data-left]");
  const end = Date.now() + 1000 * Number(countdown.dataset.seconds);
  const timer = setInterval(() => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    left.textContent = seconds;
    if (seconds === 0) {
      clearInterval(timer);
      document.querySelectorAll("[data-secret]").forEach((secret) => secret.remove());
      countdown.textContent = countdown.dataset.over;
    }
  }, 250);
  addEventListener("pagehide", () => document.querySelectorAll("[data-secret]").forEach((secret) => secret.remove()));
}

// Counts down to the moment at which a call code ends.
const time = document.querySelector("time[data-until]");

if (time) {
  const timer = setInterval(() => {
    const seconds = Math.max(0, Math.floor((Number(time.dataset.until) - Date.now()) / 1000));
    time.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds === 0) {
      clearInterval(timer);
      const countdown = time.closest(".countdown");
      countdown.textContent = countdown.dataset.over;
      document.querySelector(".secret-digits").remove();
    }
  }, 250);
}

// Says while a code is typed whether it may be chosen. Without this script the form says so when it is sent.
const form = document.querySelector("form[data-check]");
const field = form.elements.own;
const verdict = document.querySelector("#verdict");
const words = verdict.querySelector(".words");
const beginning = words.textContent;
const wanted = Number(form.dataset.digits);
let last = 0;
let waiting;

function say(text, good) {
  words.textContent = text;
  verdict.classList.toggle("is-good", good === true);
  verdict.classList.toggle("is-bad", good === false);
  if (good === false) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

async function check(number) {
  say(verdict.dataset.checking);
  try {
    // In the body, so that no log of addresses ever holds it.
    const answer = await fetch(form.dataset.check, { method: "POST", body: new FormData(form), cache: "no-store" });
    const found = await answer.json();
    if (number === last) say(found.text, answer.status === 429 ? undefined : found.good);
  } catch {
    if (number === last) say(verdict.dataset.offline);
  }
}

field.addEventListener("input", () => {
  const number = ++last;
  clearTimeout(waiting);
  if (field.value.replace(/\s/g, "").length < wanted) say(beginning);
  else waiting = setTimeout(check, 250, number);
});

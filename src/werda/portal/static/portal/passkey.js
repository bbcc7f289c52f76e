// Passkeys: asks the server what to ask for, the browser for an answer, and sends it back. A form with
// data-passkey="create" or "get" shows its button only where the browser can do it.
async function send(form, address, fields = {}) {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  return fetch(address, { method: "POST", body, cache: "no-store", redirect: "manual" });
}

async function use(form) {
  const problem = form.querySelector("[data-problem]");
  problem.hidden = true;
  const asked = await send(form, form.dataset.options);
  if (!asked.ok) return void location.reload(); // signed out, or no longer fresh
  const options = await asked.json();
  const creating = form.dataset.passkey === "create";
  let credential;
  try {
    credential = creating
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
  } catch {
    problem.textContent = form.dataset.cancelled;
    problem.hidden = false;
    return;
  }
  const answer = await send(form, form.action, { credential: JSON.stringify(credential.toJSON()) });
  const said = await answer.json();
  if (answer.ok) location.assign(said.next);
  else {
    problem.textContent = said.problem;
    problem.hidden = false;
  }
}

if (globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      use(form);
    });
  }
  for (const words of document.querySelectorAll("[data-without-passkeys]")) words.hidden = true;
}

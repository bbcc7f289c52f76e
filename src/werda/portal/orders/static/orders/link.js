// What the link carries stands behind the hash, so that no server and no log of addresses sees it. Here it is put into the
// form; it is sent when the button is pressed and not before. Without this script people paste the link themselves.
const form = document.querySelector("form[data-link]");

if (form && location.hash.length > 1) {
  form.elements.token.value = location.hash.slice(1);
  form.elements.token.closest(".field").hidden = true;
  history.replaceState(null, "", location.pathname);
}

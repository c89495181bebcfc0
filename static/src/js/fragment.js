// A form with data-fragment="id_token" takes its field of that name from the address (#id_token=…), where no server and no
// log sees it, and removes it there. It sends nothing: the person does.
const form = document.querySelector('form[data-fragment]');
if (form) {
  const name = form.dataset.fragment;
  const value = new URLSearchParams(location.hash.slice(1)).get(name);
  const field = form.elements.namedItem(name);
  if (value && field) {
    field.value = value;
    history.replaceState(null, '', location.pathname + location.search);
    form.querySelector('[type="submit"]')?.focus();
  }
}

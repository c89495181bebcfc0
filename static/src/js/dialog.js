// A <dialog> that lands in #modal opens; when it closes it leaves the document, and whatever secret it showed with it.
let opener = null;

const slot = () => document.getElementById('modal');

const open = () => {
  const dialog = slot()?.querySelector('dialog');
  if (!dialog) {
    if (opener) release();
    return;
  }
  if (dialog.open && dialog.dataset.modal) return;
  opener ??= document.activeElement;
  if (dialog.open) dialog.close();
  dialog.dataset.modal = 'open';
  dialog.addEventListener('close', () => {
    if (!dialog.isConnected) return;
    slot().replaceChildren();
  });
  dialog.showModal();
  (dialog.querySelector('[autofocus]') ?? dialog.querySelector('[aria-invalid="true"], .modal-body input:not([type=hidden])'))?.focus();
};

const release = () => {
  const back = opener;
  opener = null;
  // A swap may have put a copy in the opener's place.
  const target = back?.isConnected ? back : back?.id && document.getElementById(back.id);
  (target || document.querySelector('#main h1'))?.focus({ preventScroll: true });
};

// An answer may put another #modal in the place of the one that is watched.
const watch = () => {
  let watched = null;
  const content = new MutationObserver(open);
  const look = () => {
    const modal = slot();
    if (modal === watched) return;
    content.disconnect();
    watched = modal;
    if (modal) content.observe(modal, { childList: true });
    open();
  };
  new MutationObserver(look).observe(document.body, { childList: true });
  look();
};

document.addEventListener('click', (event) => {
  const dialog = event.target.closest?.('dialog');
  if (!dialog) return;
  const closer = event.target.closest('[data-close]');
  if (!closer && event.target !== dialog) return;
  if (!closer) {
    if (dialog.matches('[data-keep], :has([data-keep])')) return; // a secret is not lost by one wrong click
    // A click on the dialog's own box, beside its content, is the backdrop only when it is outside that box.
    const box = dialog.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return;
  }
  event.preventDefault();
  event.stopPropagation();
  dialog.close();
}, true);

watch();

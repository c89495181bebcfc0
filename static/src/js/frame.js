// The frame: menus, theme, search key, and what a new page means for focus, title and version.
import { announce } from './feedback.js';

const root = document.documentElement;

const closeMenus = (except) => document.querySelectorAll('[data-menu][open]').forEach((menu) => {
  if (menu !== except) menu.open = false;
});
document.addEventListener('click', (event) => closeMenus(event.target.closest?.('[data-menu]')));
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    const menu = document.querySelector('[data-menu][open]');
    closeMenus();
    menu?.querySelector('summary').focus();
  }
  if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    const visible = [...document.querySelectorAll('[data-search], #search-drawer')].find((input) => input.checkVisibility());
    if (!visible) document.getElementById('sidebar')?.showPopover();
    const input = visible ?? document.getElementById('search-drawer');
    if (!input) return;
    event.preventDefault();
    input.focus();
    input.select();
  }
});

// In a row that is a link, the times lie above the link so that a pointer can ask for the exact one; a click goes through.
document.addEventListener('click', (event) => {
  if (event.target.matches?.('tr:has(.row-link) time')) event.target.closest('tr').querySelector('.row-link').click();
});

// The theme changes at once; the choice is kept by the same request that the form would make.
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('button[name=theme][form=preferences]');
  if (!button) return;
  event.preventDefault();
  if (button.value === 'system') delete root.dataset.theme;
  else root.dataset.theme = `ghasi-${button.value}`;
  document.querySelectorAll('button[name=theme][form=preferences]').forEach((other) => {
    if (other.value === button.value) other.setAttribute('aria-current', 'true');
    else other.removeAttribute('aria-current');
  });
  announce(button.textContent.trim());
  closeMenus();
  const { form } = button;
  const body = new URLSearchParams(new FormData(form, button));
  fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() => form.requestSubmit(button));
}, true);

const focusMarked = () => {
  const marked = document.querySelector('[data-focus]');
  if (!marked) return false;
  marked.removeAttribute('data-focus');
  marked.focus();
  return true;
};

// A boosted link or the back button has put a new page into #app: say so, and begin reading at its heading.
const arrived = () => {
  const app = document.getElementById('app');
  if (app?.dataset.build !== root.dataset.build) { // another version is running: its script and styles are not loaded yet
    location.reload();
    return;
  }
  document.querySelector('#modal dialog')?.close();
  setTimeout(() => announce(document.title));
  if (focusMarked() || app.contains(document.activeElement?.closest('[autofocus]'))) return;
  document.querySelector('#main h1')?.focus({ preventScroll: true });
};

document.addEventListener('htmx:after:swap', (event) => {
  const select = event.detail?.ctx?.select ?? '';
  if (select === '#app' || select.includes('hx-history-elt')) arrived();
  else focusMarked();
});
focusMarked();

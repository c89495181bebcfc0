// What the page says back: announcements, toasts, copying, countdowns, failed requests.
import { number, words } from './words.js';

export const announce = (text) => {
  const region = document.getElementById('announcer');
  if (!region) return;
  region.textContent = '';
  setTimeout(() => { region.textContent = text; }, 50);
};

const element = (tag, className, text) => {
  const node = document.createElement(tag);
  node.className = className;
  if (text) node.textContent = text;
  return node;
};

// alert shows an error where errors are shown. The server's own alerts look the same.
const alert = (text) => {
  const region = document.querySelector('dialog[open] .modal-body') ?? document.getElementById('alerts');
  if (!region) return;
  region.querySelector('[data-local]')?.remove();
  const box = element('div', 'alert alert-error');
  box.setAttribute('role', 'alert');
  box.dataset.local = '';
  box.append(element('p', 'alert-body', text));
  region.prepend(box);
};

// Toasts leave after six seconds, unless somebody is reading them.
const life = 6000;
const age = (toast) => {
  if (toast.dataset.aging) return;
  toast.dataset.aging = 'yes';
  let left = life;
  const timer = setInterval(() => {
    if (toast.matches(':hover, :focus-within')) return;
    left -= 250;
    if (left > 0 && toast.isConnected) return;
    clearInterval(timer);
    toast.remove();
  }, 250);
};
const status = document.getElementById('status');
if (status) {
  const all = () => status.querySelectorAll('[data-toast]').forEach(age);
  new MutationObserver(all).observe(status, { childList: true, subtree: true });
  all();
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-copy]');
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
  } catch {
    getSelection()?.selectAllChildren(source);
    alert(words().copyFailed);
    return;
  }
  announce(button.dataset.copied);
  const label = button.querySelector('[data-copy-label]') ?? button;
  label.dataset.was ??= label.textContent;
  label.textContent = button.dataset.copied;
  clearTimeout(button.copyTimer);
  button.copyTimer = setTimeout(() => { label.textContent = label.dataset.was; }, 2500);
});

// countdown makes the figure of a sentence ("Try again in 30 seconds") run. Without it the sentence stands as it was sent.
const countdown = (box) => {
  const seconds = Number(box.dataset.countdown);
  const end = Date.now() + seconds * 1000;
  delete box.dataset.countdown;
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  let node = walker.nextNode();
  while (node && !node.data.includes(number(seconds))) node = walker.nextNode();
  if (!node) return;
  const figure = node.splitText(node.data.indexOf(number(seconds)));
  figure.splitText(number(seconds).length);
  const sentence = figure.parentElement;
  const timer = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    figure.data = number(left);
    if (left > 0 && box.isConnected) return;
    clearInterval(timer);
    sentence.textContent = words().retryNow;
    announce(words().retryNow);
  }, 1000);
};
const countdowns = () => document.querySelectorAll('[data-countdown]').forEach(countdown);
countdowns();
document.addEventListener('htmx:after:swap', countdowns);

document.addEventListener('htmx:error', (event) => {
  const { error, ctx } = event.detail ?? {};
  const lost = error instanceof TypeError || error?.name === 'AbortError' || ctx?.response === undefined;
  alert(lost ? words().offline : words().broken);
});
document.addEventListener('htmx:before:request', () => document.querySelector('[data-local]')?.remove());

// Forms: messages beside the field instead of the browser's bubbles, Latin digits in numbers, a counter, progress.
import { number } from './words.js';

// latin turns Eastern digits into ASCII ones, one for one, so that the caret stays where it is.
const latin = (text) => text
  .replace(/[۰-۹]/g, (d) => String(d.charCodeAt(0) - 0x6f0))
  .replace(/[٠-٩]/g, (d) => String(d.charCodeAt(0) - 0x660));

const prepare = () => {
  document.querySelectorAll('form[data-validate]').forEach((form) => { form.noValidate = true; });
  document.querySelectorAll('[data-counter]').forEach(count);
};

const problem = (field) => {
  const { valueMissing, patternMismatch } = field.validity;
  if (valueMissing || (field.required && field.value.trim() === '')) return field.dataset.msgRequired;
  if (patternMismatch) return field.dataset.msgPattern;
  return '';
};

const show = (field, message) => {
  const line = document.getElementById(`${field.id}-error`);
  if (!line) return;
  line.hidden = !message;
  line.querySelector('[data-error]').textContent = message;
  field.closest('.field')?.classList.toggle('field-wrong', Boolean(message));
  if (message) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
};

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.querySelector('[aria-busy="true"]')) { // sent already
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (!form.matches('[data-validate]')) return;
  const wrong = [...form.elements].filter((field) => {
    if (!field.dataset.msgRequired) return false;
    const message = problem(field);
    show(field, message || '');
    return message;
  });
  if (wrong.length === 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  wrong[0].focus();
}, true);

document.addEventListener('input', (event) => {
  const field = event.target;
  if (field.type === 'tel' || field.pattern) {
    const value = latin(field.value);
    if (value !== field.value) {
      const caret = field.selectionStart;
      field.value = value;
      field.setSelectionRange(caret, caret);
    }
  }
  if (field.getAttribute('aria-invalid') === 'true' && field.dataset.msgRequired && !problem(field)) show(field, '');
  document.querySelectorAll(`[data-counter="${CSS.escape(field.id)}"]`).forEach(count);
});

function count(output) {
  const field = document.getElementById(output.dataset.counter);
  if (!field) return;
  const length = [...field.value].length;
  output.textContent = number(length);
  const warning = document.getElementById(output.dataset.warn);
  if (warning) warning.hidden = length <= Number(output.dataset.limit);
}

document.addEventListener('reset', (event) => setTimeout(() => {
  event.target.querySelectorAll('[data-msg-required]').forEach((field) => show(field, ''));
  prepare();
}));

// data-insert puts an example into the field that data-into names.
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-insert]');
  const field = button && document.getElementById(button.dataset.into);
  if (!field) return;
  field.value = button.dataset.insert;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
});

const busy = (button) => {
  const spinner = document.createElement('span');
  spinner.className = 'spinner';
  spinner.setAttribute('aria-hidden', 'true');
  button.setAttribute('aria-busy', 'true');
  button.prepend(spinner);
};
const idle = () => document.querySelectorAll('[data-submit-progress][aria-busy]').forEach((button) => {
  button.removeAttribute('aria-busy');
  button.querySelector('.spinner')?.remove();
});

document.addEventListener('submit', (event) => {
  const button = event.submitter ?? event.target.querySelector('[data-submit-progress]');
  if (button?.matches('[data-submit-progress]')) setTimeout(() => busy(button)); // after its value has been collected
});
document.addEventListener('htmx:finally:request', () => setTimeout(idle));
addEventListener('pageshow', idle); // back to a page that was left while sending

document.addEventListener('htmx:after:swap', prepare);
prepare();

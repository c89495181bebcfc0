// The one Trusted Types policy, and the only file that may make one or name an HTML sink. htmx hands every response to
// it; DOMPurify decides what is left. The policy never leaves this file.
const { DOMPurify, htmx, trustedTypes } = globalThis;

const config = {
  ADD_TAGS: ['use', 'title', 'hx-partial'],
  FORBID_TAGS: ['style', 'script', 'link', 'meta', 'base', 'iframe', 'object', 'embed', 'math'],
  FORBID_ATTR: ['style', 'nonce', 'srcdoc'],
};

const sameOrigin = (value) => {
  try {
    return new URL(value, document.baseURI).origin === location.origin;
  } catch {
    return false;
  }
};
const noCode = (value) => !/^\s*(js|javascript)\s*:/i.test(value);
const requests = /^hx-(get|post|put|patch|delete|query|action|push-url|replace-url)$/;
const controls = /^(input|select|textarea|button|output|fieldset)$/i;
const plain = /^(autofocus|form|formmethod|formnovalidate|closedby|focusable|popover|popovertarget|popovertargetaction)$/;

// allowed answers true to keep an attribute that DOMPurify would drop, false to drop one that it would keep, and
// undefined to leave the decision to it.
const allowed = (node, name, value) => {
  const hx = name.replace(/^data-hx-/, 'hx-');
  if (hx.startsWith('hx-on')) return false;
  if (requests.test(hx)) return value === 'true' || value === 'false' || sameOrigin(value);
  if (hx.startsWith('hx-')) return noCode(value) && !/\[/.test(hx === 'hx-trigger' ? value : '');
  if (name === 'formaction') return sameOrigin(value);
  if (name === 'name') return controls.test(node.nodeName) || undefined;
  if (name === 'target') return value === '_blank' && node.nodeName === 'A';
  if (name === 'href' && node.nodeName.toLowerCase() === 'use') return /^(\/assets\/[\w.-]+\.svg)?#[\w-]+$/.test(value);
  return plain.test(name) || undefined;
};

DOMPurify.addHook('uponSanitizeAttribute', (node, data) => {
  const verdict = allowed(node, data.attrName, data.attrValue);
  if (verdict === true) data.forceKeepAttr = true;
  if (verdict === false) data.keepAttr = data.forceKeepAttr = false;
});

let inside = false; // DOMPurify parses through the same policy, once more
const closed = () => {
  throw new TypeError('closed');
};
const rules = {
  createHTML(html) {
    if (inside) return html;
    inside = true;
    try {
      const whole = /^\s*<(?:!doctype|html|head|body)\b/i.test(html);
      // htmx wraps fragments in <template>; without FORCE_BODY that lands in the head and is lost.
      return DOMPurify.sanitize(html, { ...config, WHOLE_DOCUMENT: whole, FORCE_BODY: !whole, TRUSTED_TYPES_POLICY: policy });
    } finally {
      inside = false;
    }
  },
  createScript: closed,
  createScriptURL: closed,
};
// Browsers without Trusted Types get the same cleaning.
const policy = trustedTypes ? trustedTypes.createPolicy('ghasi-portal', rules) : rules;

const noEval = function () {
  throw new EvalError('closed');
};

htmx.registerExtension('ghasi-portal', {
  init(api) {
    api.initSecurity({ createHTML: (html) => policy.createHTML(html), createScript: () => '' }, noEval, noEval);
  },
});

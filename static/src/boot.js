// Tells the server of assets that the browser refused (their digest is not the one the page names) or could not load. A file
// of its own, before the others: it still runs when one of them is the one that was refused. It cannot tell of itself.
const kinds = { SCRIPT: 'script', LINK: 'style' };
const told = new Set();

const tell = (node) => {
  const url = node.src || node.href;
  if (!url || told.has(url)) return;
  told.add(url);
  const body = {
    kind: node.rel === 'preload' ? 'font' : kinds[node.nodeName],
    url,
    integrity: node.integrity,
    build: document.documentElement.dataset.build,
    page: location.origin + location.pathname,
  };
  navigator.sendBeacon('/client-errors', new Blob([JSON.stringify(body)], { type: 'application/json' }));
};

addEventListener('error', (event) => {
  if (event.target?.nodeName in kinds) tell(event.target);
}, true);

// A style sheet may have failed before this ran: it has no rules then.
for (const link of document.querySelectorAll('link[rel="stylesheet"]')) {
  if (!link.sheet) tell(link);
}

// Conveniences: the search key, dialogs, live parts. Every page works without them.

// `/` puts the cursor into the search.
document.addEventListener('keydown', (event) => {
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector('[data-shortcut="/"]');
  if (!field) return;
  event.preventDefault();
  // On a phone the field stands in the menu.
  if (!field.checkVisibility()) location.hash = '#navigation';
  field.focus();
});

// The menu of a phone closes by Escape.
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && location.hash === '#navigation') location.hash = '#main';
});

// After errors, the cursor stands at the first one.
document.getElementById('errors')?.querySelector('a')?.focus();

// A form that was posted is not posted again by a second click; the server would do it once in any case.
document.addEventListener('submit', (event) => {
  if (event.defaultPrevented || event.target.method !== 'post') return;
  setTimeout(() => event.target.querySelectorAll('button').forEach((button) => { button.disabled = true; }), 0);
});
window.addEventListener('pageshow', (event) => {
  if (event.persisted) document.querySelectorAll('button[disabled]').forEach((button) => { button.disabled = false; });
});

// `data-dialog="id"` opens a dialog that asks once; without a script the link leads to a page that asks.
document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-dialog]');
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
  if (event.target.closest('[data-close]')) event.target.closest('dialog')?.close();
});

// `data-poll="/address"`: the element is replaced by the one of the same id on that page whenever the server says that something
// changed, for as long as it asks; where such events do not come, every few seconds.
let events = null, timer = 0;
const polled = () => document.querySelector('[data-poll]');
const isTold = () => events?.readyState === EventSource.OPEN;
function again(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(refresh, milliseconds);
}
async function refresh() {
  const element = polled();
  if (!element || document.hidden) return;
  // Not under somebody's hands: an open dialog, a button that is about to be pressed.
  if (element.contains(document.activeElement)) { again(2000); return; }
  const answer = await fetch(element.dataset.poll, { headers: { accept: 'text/html' } }).catch(() => null);
  const fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(element.id);
  if (fresh) element.replaceWith(fresh);
  if (!polled()) events?.close();
  again(isTold() ? 120000 : fresh ? Number(element.dataset.every || 2000) : 5000);
}
function listen() {
  const address = polled()?.dataset.poll;
  if (!address) return;
  events = new EventSource(`/${address.split('/')[1]}/live?page=${encodeURIComponent(address)}`);
  events.addEventListener('changed', refresh);
  events.addEventListener('error', () => again(2000));
  again(2000);
}
// A page that nobody sees holds no connection.
document.addEventListener('visibilitychange', () => {
  events?.close();
  if (!document.hidden) listen();
});
if (!document.hidden) listen();

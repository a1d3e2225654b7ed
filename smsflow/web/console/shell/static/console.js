// What makes the console pleasant. Every page works without it.

// `/` puts the cursor into the search.
document.addEventListener('keydown', (event) => {
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector('[data-shortcut="/"]');
  if (field) { event.preventDefault(); field.focus(); }
});

// The menu of a phone closes by Escape.
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && location.hash === '#navigation') location.hash = '#main';
});

// After errors, the cursor stands where the first one is told.
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

// `data-poll="/address"`: the element is replaced by the one of the same id on that page, every few seconds, for as long as it asks.
async function refresh(element) {
  // Not under somebody's hands: an open dialog, a button that is about to be pressed.
  if (element.contains(document.activeElement)) { watch(element); return; }
  const answer = await fetch(element.dataset.poll, { headers: { accept: 'text/html' } }).catch(() => null);
  if (answer?.ok) {
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(element.id);
    if (fresh) { element.replaceWith(fresh); watch(fresh); return; }
  }
  setTimeout(refresh, 5000, element);
}
function watch(element) {
  if (element.dataset.poll) setTimeout(refresh, Number(element.dataset.every || 2000), element);
}
document.querySelectorAll('[data-poll]').forEach(watch);

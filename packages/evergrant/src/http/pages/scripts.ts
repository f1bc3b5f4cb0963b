/*
 * The only scripts of the pages. Everything works without them. They are constants, so that a hash in the
 * Content-Security-Policy can name them; what differs from page to page comes in data attributes.
 */

/** Forms: sent once, a list that can be filtered, choosing all, and times in the reader's own time zone. */
export const formScript = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  for (const element of all('[data-needs-script]')) element.hidden = false;

  // A broken picture gives way to the letter beneath it.
  for (const picture of all('img')) {
    picture.addEventListener('error', () => picture.remove());
    if (picture.complete && picture.naturalWidth === 0) picture.remove();
  }

  for (const time of all('time')) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  }

  for (const form of all('form')) {
    form.addEventListener('submit', (event) => {
      if (form.dataset.busy) return event.preventDefault();
      form.dataset.busy = 'true';
      setTimeout(() => delete form.dataset.busy, 8000);
    });
    addEventListener('pageshow', () => delete form.dataset.busy);
  }

  const filter = document.querySelector('[data-filter]');
  filter?.addEventListener('input', () => {
    const wanted = filter.value.trim().toLowerCase();
    const items = all('[data-name]');
    for (const item of items) item.hidden = !item.dataset.name.includes(wanted);
    document.querySelector('[data-nothing]').textContent = items.some((item) => !item.hidden) ? '' : filter.dataset.filter;
  });

  const selectAll = document.querySelector('[data-select-all]');
  const submit = document.querySelector('[data-many]');
  const boxes = all('input[name=account_ids]:enabled');
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    const { none, one, many } = submit.dataset;
    submit.textContent = chosen === 0 ? none : chosen === 1 ? one : many.replace('{count}', chosen);
    if (selectAll) selectAll.textContent = selectAll.dataset[chosen === boxes.length ? 'clear' : 'selectAll'];
  };
  selectAll?.addEventListener('click', () => {
    const choose = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = choose;
    count();
  });
  if (submit) {
    addEventListener('change', count);
    addEventListener('pageshow', count);
    count();
  }
})();`;

/** The end of a flow: tells the page that started it, at its exact origin, then closes the popup or goes back. */
export const flowScript = `(() => {
  const { flow, status, openerOrigin, returnTo, closeAfter } = document.body.dataset;
  const popup = Boolean(window.opener) || window.name.startsWith('evergrant');

  // Facebook appends this fragment, and it survives a redirect.
  if (location.hash === '#_=_') history.replaceState(null, '', location.pathname + location.search);

  if (window.opener && flow && openerOrigin) {
    window.opener.postMessage({ type: 'evergrant:flow', id: flow, status }, openerOrigin);
  }

  if (!popup && returnTo) location.replace(returnTo);
  if (popup && closeAfter) setTimeout(() => window.close(), Number(closeAfter));

  for (const element of document.querySelectorAll('[data-when]')) {
    element.hidden = (element.dataset.when === 'popup') !== popup;
  }
  document.querySelector('[data-close]')?.addEventListener('click', () => window.close());

  const copy = document.querySelector('[data-copy]');
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener('click', async () => {
      await navigator.clipboard.writeText(copy.dataset.copy);
      const words = copy.textContent;
      copy.textContent = copy.dataset.done;
      setTimeout(() => { copy.textContent = words; }, 2000);
    });
  }
})();`;

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
  const plain = (text) => text.normalize('NFD').replace(/\\p{M}/gu, '').toLowerCase();
  const left = () => all('[data-name]').filter((item) => !item.hidden);
  filter?.addEventListener('input', () => {
    const wanted = plain(filter.value.trim());
    for (const item of all('[data-name]')) item.hidden = !plain(item.dataset.name).includes(wanted);
    document.querySelector('[data-nothing]').textContent = left().length > 0 ? '' : filter.dataset.filter;
  });
  // Enter takes the one that is left, and never sends a form that it happens to stand in.
  filter?.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    const [only, ...others] = left();
    if (only && others.length === 0) (only.querySelector('input') ?? only).click();
  });

  // What one types is a host, or the name of an account: what follows the @, or the end of an address.
  const help = document.querySelector('[data-help]');
  if (help) {
    const field = document.querySelector('#instance');
    const use = document.querySelector('[data-use]');
    const atRest = help.textContent;
    const isHandle = help.dataset.help === 'handle';
    const nameIn = (typed) => {
      const address = typed.trim().toLowerCase().replace(/^(https?:\\/\\/|acct:)/, '');
      if (!isHandle) return address.split(/[/?#]/)[0].replace(/^.*@/, '');
      return address.replace(/^.*\\/profile\\//, '').replace(/^@/, '').split(/[/?#]/)[0];
    };
    const show = () => {
      const name = nameIn(field.value);
      const isWhole = /[^.]\\.\\p{L}[^.]*$/u.test(name) || name.startsWith('did:');
      help.textContent = name === '' ? atRest : isWhole ? help.dataset.whole.replace('{name}', name) : help.dataset.part;
      const meant = name + help.dataset.example.replace(/^[^.]*/, '');
      use.hidden = !isHandle || name === '' || isWhole;
      use.textContent = use.dataset.use.replace('{name}', meant);
      use.value = meant;
    };
    field.addEventListener('input', show);
    use.addEventListener('click', () => {
      field.value = use.value;
      field.focus();
      show();
    });
    // What was refused stands there with the reason.
    if (field.value && !field.hasAttribute('aria-invalid')) show();
  }

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
    // With a filter, only what it shows.
    const shown = boxes.filter((box) => !box.closest('[data-name]').hidden);
    const choose = shown.some((box) => !box.checked);
    for (const box of shown) box.checked = choose;
    count();
  });
  if (submit) {
    addEventListener('change', count);
    addEventListener('pageshow', count);
    count();
  }
})();`;

/** Asks again. A timed refresh is for browsers without scripts: with one, a reader would not know why the page begins anew. */
export const waitScript = `setTimeout(() => location.reload(), 2000);`;

/** The end of a flow: tells the page that started it, at its exact origin, then closes the popup or goes back. */
export const flowScript = `(() => {
  const { flow, status, openerOrigin, returnTo, closeAfter, popup: inPopup } = document.body.dataset;
  const popup = inPopup === 'true' || Boolean(window.opener) || window.name.startsWith('evergrant');

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

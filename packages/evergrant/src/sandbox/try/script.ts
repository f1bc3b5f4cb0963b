/*
 * Keeps the list of connections alive: asks for it every second, replaces only the cards that changed (so that a focused
 * button stays), and counts down in between. Works without it too: the page then shows how things stood when it was
 * opened. A constant, so that a hash in the Content-Security-Policy can name it.
 */
export const tryScript = `(() => {
  const list = document.querySelector('[data-connections]');
  const empty = document.querySelector('[data-empty]');
  const shell = document.querySelector('[data-shell]');
  const stopped = document.querySelector('[data-stopped]');
  let skew = 0;

  const clock = (milliseconds) => {
    const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
    const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
    const hours = Math.floor(seconds / 3600);
    return (hours > 0 ? [hours, ...parts] : parts).map((part, index) => index === 0 ? part : String(part).padStart(2, '0')).join(':');
  };

  const tick = () => {
    const now = Date.now() + skew;
    for (const element of list.querySelectorAll('[data-until]')) {
      const left = Date.parse(element.dataset.until) - now;
      element.textContent = left > 0 ? element.dataset.words + ' ' + clock(left) : element.dataset.over;
    }
    for (const bar of list.querySelectorAll('progress')) {
      bar.value = Math.max(0, Date.parse(bar.dataset.end) - now);
    }
  };

  const show = ({ now, connections, shell: commands }) => {
    skew = now - Date.now();
    const cards = new Map([...list.children].map((card) => [card.dataset.id, card]));
    connections.forEach(({ id, html }, index) => {
      let card = cards.get(id);
      cards.delete(id);
      if (card?.dataset.shown !== html) {
        const template = document.createElement('template');
        template.innerHTML = html;
        const fresh = template.content.firstElementChild;
        fresh.dataset.shown = html;
        const focused = card?.contains(document.activeElement) && document.activeElement.dataset.action;
        if (card) card.replaceWith(fresh);
        card = fresh;
        if (focused) card.querySelector('[data-action="' + focused + '"]')?.focus();
      }
      if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
    });
    for (const card of cards.values()) card.remove();
    empty.hidden = connections.length > 0;
    shell.hidden = connections.length === 0;
    for (const element of shell.querySelectorAll('[data-command]')) element.textContent = commands[element.dataset.command] ?? '';
    tick();
  };

  const ask = async () => {
    try {
      const answer = await fetch(list.dataset.connections, { cache: 'no-store' });
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.json());
      stopped.hidden = true;
    } catch {
      stopped.hidden = false;
    }
  };

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.inPlace === undefined) return;
    event.preventDefault();
    // Disabling the button would take the focus from it.
    if (form.dataset.busy) return;
    form.dataset.busy = 'true';
    const problem = document.querySelector('[data-problem]');
    fetch(form.action, { method: 'POST', headers: { accept: 'application/json' } })
      .then((answer) => answer.json())
      .then(({ error }) => {
        problem.textContent = error ?? '';
        problem.hidden = !error;
        return ask();
      })
      .catch(() => { stopped.hidden = false; })
      .finally(() => delete form.dataset.busy);
  });

  // The result of a connect flow is said once. The fragment stays: the browser has yet to scroll to it.
  if (location.search) history.replaceState(null, '', location.pathname + location.hash);

  const run = async () => {
    if (!document.hidden) await ask();
    setTimeout(run, 1000);
  };
  setInterval(tick, 250);
  tick();
  run();
})();`;

import { documentResponse, type Html, html, initial } from '../pages/document.ts';
import { deskStyle } from '../pages/style.ts';
import type { DeskEntry } from './index.ts';

/** Every platform with what a client must know of it, and buttons that make it misbehave. */
export const deskPage = (url: string, entries: DeskEntry[], done?: string): Response =>
  documentResponse({
    title: 'Simulated platforms',
    style: deskStyle,
    band: 'Sandbox: these platforms are simulated, and nothing leaves this computer',
    body: html`<div class="page">
<header>
  <h1>Simulated platforms</h1>
  <p class="lead">Point a client of OAuth at these endpoints, or a service of Evergrant: <a href="${url}/evergrant.config.json">its configuration</a>, the same <a href="${url}/platforms">as data</a>. The buttons make a platform misbehave; <code>POST</code> to its control address does the same.</p>
</header>
<main>${entries.map((entry) => platform(entry, entry.id === done))}</main>
</div>`,
  });

const platform = (entry: DeskEntry, isDone: boolean): Html => html`<section id="${entry.id}">
<div class="asks"><span class="tile" aria-hidden="true">${initial(entry.name)}</span><h2>${entry.name} <code>${entry.id}</code></h2></div>
${isDone ? html`<p class="said" role="status">Done.</p>` : ''}
<dl>${facts(entry).map(([name, value]) => html`<dt>${name}</dt><dd><code>${value}</code></dd>`)}</dl>
<div class="faults">${faults.map((fault) => button(entry, fault))}</div>
</section>`;

const facts = ({ client_id, client_secret, instance, endpoints, control }: DeskEntry): [string, string][] => [
  ...(client_id === null ? [] : [['Client id', client_id] as [string, string]]),
  ...(client_secret === null ? [] : [['Client secret', client_secret] as [string, string]]),
  ...(instance === null ? [] : [['Instance or handle', instance] as [string, string]]),
  ...Object.entries(endpoints).map(([name, url]): [string, string] => [wordsFor(name), url]),
  ['Control', control],
];

/** `tokenEndpoint` as people write it. */
const wordsFor = (name: string): string => {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words[0]!.toUpperCase() + words.slice(1);
};

interface Fault {
  words: string;
  order: Record<string, string>;
}

const faults: Fault[] = [
  { words: 'Revoke every grant', order: { fault: 'revoke' } },
  { words: 'End access tokens', order: { fault: 'expire' } },
  { words: 'Limit for a minute', order: { fault: 'rate_limit', seconds: '60' } },
  { words: 'Go down', order: { fault: 'outage' } },
  { words: 'Behave again', order: { fault: 'none' } },
];

const button = ({ id }: DeskEntry, { words, order }: Fault): Html => html`<form method="post" action="/control/${id}">
${Object.entries(order).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="button secondary">${words}</button></form>`;

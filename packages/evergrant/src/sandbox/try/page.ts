import type { ErrorCode } from '../../errors/index.ts';
import { documentResponse, type Html, html } from '../pages/document.ts';
import { tryStyle } from '../pages/style.ts';
import { card } from './cards.ts';
import { tryScript } from './script.ts';
import type { ConnectionView, TryPageOptions } from './types.ts';

/** The options, complete, with the path of the public URL. */
export type PageOptions = Required<TryPageOptions> & { base: string };

/** How the last attempt ended. */
export interface Notice {
  words: string;
  /** Of what went wrong. */
  code: ErrorCode | null;
}

/** The page for trying Evergrant out: a button for each simulated platform, and the connections as they live. */
export const tryPage = (options: PageOptions, connections: ConnectionView[], notice: Notice | null): Response => {
  const { providers, links, base } = options;
  const { cards, shell } = listing(options, connections);
  return documentResponse({
    title: 'Try Evergrant',
    style: tryStyle,
    script: tryScript,
    band: 'Sandbox: these platforms are simulated, and nothing leaves this computer',
    body: html`<div class="page">
<header>
  <h1>Connect an account, watch it stay connected</h1>
  <p class="lead">Evergrant runs the consent flow, keeps the tokens sealed, and renews them before they run out. Here they last two minutes.</p>
</header>
<main>
<section>
  <h2>Connect</h2>
  <div class="connect">${providers.map(connectButton(base))}</div>
</section>
<section id="connections">
  <h2>Connections</h2>
  ${notice ? said(notice, base) : ''}
  <ul class="connections" data-connections="${base}/try/connections">${cards.map(({ html: markup }) => markup)}</ul>
  <p class="empty" data-empty${connections.length > 0 ? ' hidden' : ''}>None yet. Press a button above, then “Allow”.</p>
  <p class="stopped" data-problem hidden role="status"></p>
  <p class="stopped" data-stopped hidden role="status">Evergrant does not answer. This page goes on asking.</p>
</section>
<section data-shell${connections.length === 0 ? html` hidden` : ''}>
  <h2>Use it from your code</h2>
  <div class="shell">
    <p>A valid token, whenever you ask. The key is the one that Evergrant showed when it first started.</p>
    <pre><code data-command="token">${shell.token}</code></pre>
    <p>Or the connection with its status, expiry and scopes.</p>
    <pre><code data-command="connection">${shell.connection}</code></pre>
  </div>
</section>
<section>
  <h2>Where to go next</h2>
  <ul class="next">${links.map(({ href, words }) => html`<li><a href="${href}">${words}</a></li>`)}</ul>
</section>
</main>
</div>`,
  });
};

const said = ({ words, code }: Notice, base: string): Html =>
  html`<p class="said${code ? ' bad' : ''}" role="status">${words}${code ? html` <a href="${base}/errors/${code}">More about it</a>` : ''}</p>`;

const connectButton =
  (base: string) =>
  ({ id, name }: { id: string; name: string }, index: number): Html =>
    html`<form method="post" action="${base}/try/connect"><input type="hidden" name="provider" value="${id}"><button class="button ${index === 0 ? 'primary' : 'secondary'}" aria-label="Connect ${name}"><span class="verb">Connect</span>${name}</button></form>`;

/** What the page shows and the script asks for. */
export const listing = ({ providers, publicUrl, base, clock }: PageOptions, connections: ConnectionView[]) => {
  const nameOf = (id: string) => providers.find((provider) => provider.id === id)?.name ?? id;
  const newest = connections[0];
  const curl = (path: string) => `curl -H "Authorization: Bearer $EVERGRANT_API_KEY" \\\n  ${publicUrl}${path}`;
  return {
    now: clock.now(),
    cards: connections.map((connection) => ({
      id: connection.id,
      html: card(connection, nameOf(connection.provider), base),
    })),
    shell: {
      token: newest ? curl(`/v1/connections/${newest.id}/token`) : '',
      connection: newest ? curl(`/v1/connections/${newest.id}`) : '',
    },
  };
};

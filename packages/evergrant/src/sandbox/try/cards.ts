import { catalogue, type ErrorCode } from '../../errors/index.ts';
import { type Html, html, initial } from '../pages/document.ts';
import type { ConnectionView } from './types.ts';

/** Status of a connection in words, with how it looks. */
const statuses: Record<string, { words: string; look: 'good' | 'warn' | 'bad' | '' }> = {
  active: { words: 'Active', look: 'good' },
  limited: { words: 'Limited', look: 'warn' },
  degraded: { words: 'Degraded', look: 'warn' },
  reauth_required: { words: 'Reconnect needed', look: 'bad' },
  disabled: { words: 'Disabled', look: '' },
  pending: { words: 'Choose accounts', look: 'warn' },
};

/**
 * One connection. The markup changes only when the connection does: what passes with time stands in `data-until`, and
 * the script counts it down.
 */
export const card = (connection: ConnectionView, providerName: string, base: string): Html => {
  const { id, account, status, token } = connection;
  const needsPerson = status === 'reauth_required' || status === 'limited';
  const name = account.name ?? account.username ?? account.id;
  const { words, look } = statuses[status] ?? { words: status, look: '' };
  const username = account.username ? `@${account.username.replace(/^@/, '')}` : null;
  return html`<li class="connection" data-id="${id}">
  <span class="tile" aria-hidden="true">${initial(providerName)}</span>
  <div class="who"><strong>${name}</strong><span>${[providerName, username].filter(Boolean).join(' · ')}</span></div>
  <span class="status ${look}">${words}</span>
  <div class="life">${life(connection)}${trouble(connection)}</div>
  <div class="act">
    ${needsPerson ? reconnect(connection, base) : ''}
    ${token.refreshable && status !== 'reauth_required' && status !== 'disabled' ? html`<form method="post" action="${base}/try/connections/${id}/refresh" data-in-place><button class="button secondary" data-action="refresh" aria-label="Renew ${name} now">Renew now</button></form>` : ''}
    <form method="post" action="${base}/try/connections/${id}/disconnect" data-in-place><button class="button secondary" data-action="disconnect" aria-label="Disconnect ${name}">Disconnect</button></form>
  </div>
</li>`;
};

const reconnect = ({ id, provider, status }: ConnectionView, base: string): Html =>
  html`<form method="post" action="${base}/try/connect"><input type="hidden" name="provider" value="${provider}"><input type="hidden" name="connection" value="${id}"><button class="button ${status === 'limited' ? 'secondary' : 'primary'}" data-action="reconnect">Reconnect</button></form>`;

const life = ({ token, createdAt, status }: ConnectionView): Html => {
  if (status === 'reauth_required') return html`<p><b>No valid token</b> · ${renewals(token.generation)}</p>`;
  const since = token.lastRefreshedAt ?? createdAt;
  const total = token.expiresAt === null ? 0 : Date.parse(token.expiresAt) - Date.parse(since);
  const lasts =
    token.expiresAt === null ? 'Token has no end' : countdown(token.expiresAt, 'Token lasts', 'Token has run out');
  const renewal = token.nextRefreshAt === null ? '' : html`, ${nextRenewal(token.nextRefreshAt, token.expiresAt)}`;
  return html`${
    total > 0
      ? html`<progress class="left" max="${total}" value="${total}" data-end="${token.expiresAt}" aria-label="What is left of the token"></progress>`
      : ''
  }<p><b>${lasts}</b>${renewal} · ${renewals(token.generation)}</p>`;
};

/** A token without end is an account's own, drawn from the person's: that one runs out, and is renewed. */
const nextRenewal = (at: string, expiresAt: string | null): Html =>
  expiresAt === null
    ? countdown(at, 'the one behind it is renewed in', 'the one behind it is being renewed')
    : countdown(at, 'renewal in', 'renewing now');

/** Without the script it names the time itself. */
const countdown = (at: string, words: string, over: string): Html =>
  html`<span data-until="${at}" data-words="${words}" data-over="${over}">${words} ${at.slice(11, 19)} UTC</span>`;

/** The first tokens of a grant are generation 1. */
const renewals = (generation: number): string => {
  const count = Math.max(0, generation - 1);
  if (count === 0) return 'not renewed yet';
  return count === 1 ? 'renewed once' : `renewed ${count} times`;
};

const titleOf = (code: string): string => (Object.hasOwn(catalogue, code) ? catalogue[code as ErrorCode].title : code);

const trouble = ({ scopes, lastError, reason, status }: ConnectionView): Html | string => {
  const said = lastError && (lastError.detail ?? titleOf(lastError.code));
  if (status === 'reauth_required')
    return html`<p class="trouble">A person must connect again${reason ? `: ${reason.replaceAll('_', ' ')}` : ''}.</p>`;
  if (scopes.missing.length > 0) return html`<p class="trouble">Not granted: ${scopes.missing.join(', ')}</p>`;
  return said ? html`<p class="trouble">Last try failed: ${said}</p>` : '';
};

import { icon } from './icons.ts';
import type { View } from './layout.ts';
import { type Html, html, plain } from './markup.ts';
import type { ScopeView, StartModel } from './models.ts';
import { bridge, facts, permission } from './parts.ts';
import { type Say, type Site, sayings } from './site.ts';
import { texts } from './texts.ts';

/** Permissions shown at once; the rest unfolds. */
const shownPermissions = 5;

/**
 * The page before a person leaves for the platform. It names the application and the owner and asks first, so that a
 * link sent by someone else cannot tie the reader's account to a stranger's workspace unseen (RFC 9700 section 4.7).
 */
export const startView = (model: StartModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const account = plain(model.reconnectAccount);
  const title = say(account ? texts.start.reconnectTitle : texts.start.title);
  return {
    title,
    script: 'form',
    leavesForPlatform: true,
    body: html`
${bridge(site, model.provider, 'link')}
<h1>${title}</h1>
<p class="intro">${say(texts.start.intro)}</p>
${facts([
  [texts.common.owner, html`<bdi>${plain(model.owner)}</bdi>`],
  [texts.start.account, account ? html`<bdi>${account}</bdi><small>${texts.start.reconnectHint}</small>` : undefined],
  [texts.start.expires, expiry(model.expiresAt)],
])}
${permissions(model.scopes ?? [], say)}
${warning(model.endangers ?? [], say)}
<form method="post" action="${model.action}">
  <button class="button primary" type="submit">${say(texts.start.submit)}</button>
</form>
<p class="note">${texts.start.notYou}</p>`,
  };
};

const expiry = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}">${at.toISOString().slice(11, 16)} UTC</time>`;

const warning = (endangered: string[], say: Say): Html | string =>
  endangered.length === 0
    ? ''
    : html`
<div class="problem">${icon('alert')}<div>${say(texts.start.endangers)}<ul>${endangered.map((name) => html`<li><bdi>${plain(name, 200)}</bdi></li>`)}</ul></div></div>`;

const permissions = (scopes: ScopeView[], say: Say): Html | string => {
  if (scopes.length === 0) return '';
  const rest = scopes.slice(shownPermissions);
  return html`
<section class="permissions">
  <h2>${say(texts.start.permissions)}</h2>
  <ul>${scopes.slice(0, shownPermissions).map(permission)}</ul>
  ${
    rest.length > 0
      ? html`<details><summary>${say(texts.start.morePermissions, { count: rest.length })}</summary><ul>${rest.map(permission)}</ul></details>`
      : ''
  }
</section>`;
};

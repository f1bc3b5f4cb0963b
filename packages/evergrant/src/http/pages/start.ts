import { icon } from './icons.ts';
import type { View } from './layout.ts';
import { type Html, html, plain } from './markup.ts';
import type { ScopeView, StartModel } from './models.ts';
import { bridge, facts, permission } from './parts.ts';
import { type Say, type Site, sayings } from './site.ts';

/** Permissions shown at once; the rest unfolds. */
const shownPermissions = 5;

/**
 * The page before a person leaves for the platform. It names the application and the owner and asks first, so that a
 * link sent by someone else cannot tie the reader's account to a stranger's workspace unseen (RFC 9700 section 4.7).
 */
export const startView = (model: StartModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const account = plain(model.reconnectAccount);
  const title = say(account ? site.texts.start.reconnectTitle : site.texts.start.title);
  return {
    title,
    script: 'form',
    leavesForPlatform: true,
    body: html`
${bridge(site, model.provider, 'link')}
<h1>${title}</h1>
<p class="intro">${say(site.texts.start.intro)}</p>
${facts([
  [site.texts.common.owner, html`<bdi>${plain(model.owner)}</bdi>`],
  [
    site.texts.start.account,
    account ? html`<bdi>${account}</bdi><small>${site.texts.start.reconnectHint}</small>` : undefined,
  ],
  [site.texts.start.expires, expiry(model.expiresAt)],
])}
${permissions(model.scopes ?? [], site, say)}
${warning(model.endangers ?? [], site, say)}
<form method="post" action="${model.action}">
  <button class="button primary" type="submit">${say(site.texts.start.submit)}</button>
</form>
<p class="note">${site.texts.start.notYou}</p>`,
  };
};

const expiry = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}">${at.toISOString().slice(11, 16)} UTC</time>`;

const warning = (endangered: string[], site: Site, say: Say): Html | string =>
  endangered.length === 0
    ? ''
    : html`
<div class="problem">${icon('alert')}<div>${say(site.texts.start.endangers)}<ul>${endangered.map((name) => html`<li><bdi>${plain(name, 200)}</bdi></li>`)}</ul></div></div>`;

const permissions = (scopes: ScopeView[], site: Site, say: Say): Html | string => {
  const item = (scope: ScopeView) => permission(site, scope);
  if (scopes.length === 0) return '';
  const rest = scopes.slice(shownPermissions);
  return html`
<section class="permissions">
  <h2>${say(site.texts.start.permissions)}</h2>
  <ul>${scopes.slice(0, shownPermissions).map(item)}</ul>
  ${
    rest.length > 0
      ? html`<details><summary>${say(site.texts.start.morePermissions, { count: rest.length })}</summary><ul>${rest.map(item)}</ul></details>`
      : ''
  }
</section>`;
};

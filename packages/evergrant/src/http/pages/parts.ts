import { type IconName, icon } from './icons.ts';
import { avatar, exactOrigin, type Html, html, initials, monogram, plain, safeLink } from './markup.ts';
import type { AccountView, FlowEnd, ProviderView, ScopeView } from './models.ts';
import type { Say, Site } from './site.ts';

/* What several pages are made of. */

/** The two parties side by side, and between them how things stand. */
export const bridge = (site: Site, provider: ProviderView, state: IconName | 'wait'): Html => html`
<div class="bridge ${state}" aria-hidden="true">
  ${site.logo ? html`<img class="logo" src="${site.logo}" alt="">` : html`<span class="tile large app">${initials(site.application)}</span>`}
  <span class="line"></span>
  <span class="node">${state === 'wait' ? html`<i></i><i></i><i></i>` : icon(state)}</span>
  <span class="line"></span>
  ${monogram(provider, 'large')}
</div>`;

/** One sign where there is no platform to show. */
export const sign = (name: IconName): Html =>
  html`<div class="bridge ${name}" aria-hidden="true"><span class="node">${icon(name)}</span></div>`;

/** Marks what is written in English only, by definitions and by the service, on a page in another language. */
export const foreign = (site: Site): Html | string => (site.texts.language === 'en' ? '' : html` lang="en"`);

/** Names and values below each other; rows without a value are left out. */
export const facts = (rows: [name: string, value: Html | string | undefined][]): Html => html`
<dl class="facts">${rows
  .filter(([, value]) => value)
  .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/**
 * A permission in words, or as its scope where nobody has put it in words. What follows a semicolon or colon is a remark
 * about the permission, and set apart from it.
 */
export const permission = (site: Site, { scope, permits }: ScopeView): Html => {
  const [words, remark] = plain(permits).split(/[;:] (.*)/s);
  if (!words) return html`<li><code>${plain(scope)}</code></li>`;
  return html`<li${foreign(site)}><span>${words}</span>${remark ? html`<small>${sentence(remark)}</small>` : ''}</li>`;
};

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** Picture or letter, name, and what tells accounts of one name apart: kind, user name, else address. */
export const accountFace = (
  site: Site,
  account: AccountView,
  more: { picture?: string | null; address?: string; reason?: string } = {},
): Html => {
  const username = plain(account.username, 120).replace(/^@/, '');
  const name = plain(account.name, 120) || username || site.texts.common.account;
  const address = more.address?.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '');
  const details = [site.texts.accountTypes[account.type], username ? `@${username}` : plain(address, 120)].filter(
    Boolean,
  );
  return html`${avatar({ name, picture: more.picture })}<span class="who"><bdi class="name">${name}</bdi><span class="details">${details.join(' · ')}</span>${
    more.reason ? html`<span class="reason"${foreign(site)}>${plain(more.reason)}</span>` : ''
  }</span>`;
};

/** A message about what was sent with the form. */
export const formError = (message: string | undefined, id: string): Html | string =>
  message ? html`<p class="problem" id="${id}" role="alert">${icon('alert')}<span>${plain(message)}</span></p>` : '';

/** The data that the flow script sends and follows. An address that is not plainly http or https is left out. */
export const flowData = (end: FlowEnd, flowId: string | undefined, status: 'connected' | 'failed') => ({
  flow: flowId,
  status,
  'opener-origin': exactOrigin(end.openerOrigin),
  'return-to': safeLink(end.returnTo),
  popup: end.inPopup ? 'true' : undefined,
});

/** The host that a person is sent back to; a path of this service has none, so there the application is named. */
export const hostOf = (link: string, say: Say): string => URL.parse(link)?.host || say('{application}');

/** The way back to the application, or closing the window where there is one to close. */
export const wayBack = (end: FlowEnd, site: Site, say: Say, look: 'primary' | 'secondary'): Html => {
  const target = safeLink(end.returnTo);
  return html`<button class="button ${look}" type="button" data-close data-when="popup" hidden>${site.texts.common.closeWindow}</button>${
    target
      ? html`<a class="button ${look}" href="${target}" data-when="page">${say(site.texts.common.back, { host: hostOf(target, say) })}</a>`
      : ''
  }`;
};

/** From so many entries on, a filter is quicker than looking. */
export const filterFrom = 9;

/** Filters what has a `data-name`. It belongs outside of a form that is sent by Enter, or says nothing to it. */
export const filter = (label: string, nothing: string): Html => html`
<div class="search" data-needs-script hidden>${icon('search')}
  <input type="search" aria-label="${label}" placeholder="${label}" autocomplete="off" spellcheck="false" data-filter="${nothing}">
</div>`;

/** Where the filter says that nothing is left. */
export const nothingFound = (): Html => html`<p class="nothing" data-nothing role="status"></p>`;

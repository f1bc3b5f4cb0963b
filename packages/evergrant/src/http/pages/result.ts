import type { View } from './layout.ts';
import { type Html, html, safeLink } from './markup.ts';
import type { AccountView, ResultModel } from './models.ts';
import { accountFace, bridge, flowData, hostOf, permission, wayBack } from './parts.ts';
import { type Say, type Site, sayings } from './site.ts';

/** Milliseconds for which a popup stays before it closes itself: a glance. Where something is missing it stays. */
const closeAfter = 900;

/**
 * The good end of a flow. The opener is told at its exact origin and gets an id and a status, nothing else; it is only
 * an accelerator, since platforms with a Cross-Origin-Opener-Policy cut the opener off (RFC 9700 section 4.17.2).
 */
export const resultView = (model: ResultModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const limited = model.status === 'limited';
  const title = say(limited ? site.texts.result.limited : site.texts.result.connected);
  const returnTo = safeLink(model.returnTo);
  const mend = limited ? safeLink(model.mendAction) : undefined;
  return {
    title,
    script: 'flow',
    goTo: returnTo,
    data: {
      ...flowData(model, model.flowId, 'connected'),
      'close-after': limited ? undefined : String(closeAfter),
    },
    body: html`
${bridge(site, model.provider, limited ? 'alert' : 'check')}
<h1>${title}</h1>
<p class="intro">${intro(model, site, say)}</p>
${limited ? missing(model, site) : ''}
${accounts(site, model.accounts)}
<div class="actions">${mend ? html`<a class="button primary" href="${mend}">${site.texts.result.mend}</a>` : ''}${wayBack(model, site, say, mend ? 'secondary' : 'primary')}</div>
<p class="note centred">${
      returnTo
        ? html`<span data-when="page">${say(site.texts.common.returning, { host: hostOf(returnTo, say) })}</span>`
        : html`<span data-when="page">${site.texts.common.mayClose}</span>`
    }</p>`,
  };
};

const intro = (model: ResultModel, site: Site, say: Say): string => {
  if (model.status === 'limited' && model.missingScopes?.length) return say(site.texts.result.limitedIntro);
  const count = model.accounts.length;
  return count > 1 ? say(site.texts.result.connectedIntroMany, { count }) : say(site.texts.result.connectedIntro);
};

const missing = (model: ResultModel, site: Site): Html => html`
<ul class="missing">${(model.missingScopes ?? []).map((scope) => permission(site, scope))}</ul>
<p class="intro">${site.texts.result.limitedCure}</p>`;

const accounts = (site: Site, list: AccountView[]): Html | string =>
  list.length === 0
    ? ''
    : html`<ul class="rows">${list.map((account) => html`<li class="row">${accountFace(site, account)}</li>`)}</ul>`;

import type { View } from './layout.ts';
import { type Html, html, safeLink } from './markup.ts';
import type { AccountView, ResultModel } from './models.ts';
import { accountFace, bridge, flowData, hostOf, permission, wayBack } from './parts.ts';
import { type Say, type Site, sayings } from './site.ts';
import { texts } from './texts.ts';

/** Milliseconds for which a popup stays before it closes itself: a glance, or long enough to read what is missing. */
const closeAfter = { connected: 900, limited: 8000 } as const;

/**
 * The good end of a flow. The opener is told at its exact origin and gets an id and a status, nothing else; it is only
 * an accelerator, since platforms with a Cross-Origin-Opener-Policy cut the opener off (RFC 9700 section 4.17.2).
 */
export const resultView = (model: ResultModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const limited = model.status === 'limited';
  const title = say(limited ? texts.result.limited : texts.result.connected);
  const returnTo = safeLink(model.returnTo);
  return {
    title,
    script: 'flow',
    goTo: returnTo,
    data: {
      ...flowData(model, model.flowId, 'connected'),
      'close-after': String(closeAfter[model.status]),
    },
    body: html`
${bridge(site, model.provider, limited ? 'alert' : 'check')}
<h1>${title}</h1>
<p class="intro">${intro(model, say)}</p>
${limited ? missing(model) : ''}
${accounts(model.accounts)}
<div class="actions">${wayBack(model, say, 'primary')}</div>
<p class="note centred">${
      returnTo
        ? html`<span data-when="page">${say(texts.common.returning, { host: hostOf(returnTo, say) })}</span>`
        : html`<span data-when="page">${texts.common.mayClose}</span>`
    }</p>`,
  };
};

const intro = (model: ResultModel, say: Say): string => {
  if (model.status === 'limited' && model.missingScopes?.length) return say(texts.result.limitedIntro);
  const count = model.accounts.length;
  return count > 1 ? say(texts.result.connectedIntroMany, { count }) : say(texts.result.connectedIntro);
};

const missing = (model: ResultModel): Html => html`
<ul class="missing">${(model.missingScopes ?? []).map(permission)}</ul>
<p class="intro">${texts.result.limitedCure}</p>`;

const accounts = (list: AccountView[]): Html | string =>
  list.length === 0
    ? ''
    : html`<ul class="rows">${list.map((account) => html`<li class="row">${accountFace(account)}</li>`)}</ul>`;

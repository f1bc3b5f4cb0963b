import { catalogue, type ErrorCode } from '../../errors/index.ts';
import { actors, errorTexts } from './error-texts.ts';
import type { View } from './layout.ts';
import { type Html, html, plain, safeLink } from './markup.ts';
import type { ErrorModel } from './models.ts';
import { bridge, facts, flowData, permission, sign, wayBack } from './parts.ts';
import { type Say, type Site, sayings } from './site.ts';
import { texts } from './texts.ts';

const words = texts.error;

/** Where registering the redirect URI is the cure, or part of it. */
const curedByRedirectUri: readonly ErrorCode[] = ['redirect_uri_mismatch', 'provider_not_configured'];

/** The bad end of a flow, or an answer that belongs to none: what happened, why, who can mend it, and the way on. */
export const errorView = (model: ErrorModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const entry = catalogue[model.code];
  const text = textOf(model.code);
  const title = say(text.title);
  return {
    title,
    status: entry.status,
    script: 'flow',
    data: flowData(model, model.flowId, 'failed'),
    body: html`
${model.provider ? bridge(site, model.provider, 'cross') : sign('cross')}
<h1>${title}</h1>
<p class="intro">${say(text.what)}</p>
${model.detail ? html`<p class="detail">${plain(model.detail, 400)}</p>` : ''}
${missing(model)}
<section class="cure"><h2>${words.whatToDo}</h2>${steps(text.steps, say)}${redirectUri(model)}</section>
${actions(model, say)}
${upstream(model, say)}
${facts([
  [words.who, say(actors[entry.actor])],
  [
    texts.common.code,
    html`<a href="${site.basePath}/errors/${model.code}" target="_blank" rel="noopener" title="${words.reference}"><code>${model.code}</code></a>`,
  ],
  [texts.common.request, model.requestId ? html`<code>${plain(model.requestId)}</code>` : undefined],
])}`,
  };
};

const textOf = (code: ErrorCode): NonNullable<(typeof errorTexts)[ErrorCode]> => {
  const { title, what, cure } = catalogue[code];
  return errorTexts[code] ?? { title, what, steps: [cure] };
};

const steps = (list: readonly string[], say: Say): Html =>
  list.length === 1
    ? html`<p>${say(list[0] ?? '')}</p>`
    : html`<ol>${list.map((step) => html`<li>${say(step)}</li>`)}</ol>`;

const upstream = ({ upstream: said }: ErrorModel, say: Say): Html | string => {
  const code = plain(said?.code, 100);
  const description = plain(said?.description);
  if (!code && !description) return '';
  return html`<figure class="said"><figcaption>${say(words.upstream)}</figcaption><blockquote>${
    description ? html`<p>${description}</p>` : ''
  }${code ? html`<code>${code}</code>` : ''}</blockquote></figure>`;
};

const missing = ({ missingScopes = [] }: ErrorModel): Html | string =>
  missingScopes.length === 0
    ? ''
    : html`<section><h2>${words.missing}</h2><ul class="missing">${missingScopes.map(permission)}</ul></section>`;

const redirectUri = ({ code, redirectUri: uri }: ErrorModel): Html | string =>
  uri && curedByRedirectUri.includes(code)
    ? html`<div class="paste"><h3>${words.redirectUri}</h3><div><code>${breakable(uri)}</code><button class="quiet" type="button" hidden data-copy="${uri}" data-done="${words.copied}" aria-live="polite">${words.copy}</button></div></div>`
    : '';

/** Lets a narrow page break an address after its slashes rather than inside a word. */
const breakable = (uri: string): Html => html`${uri.split(/(?<=[^/:]\/)/).flatMap((part) => [part, html`<wbr>`])}`;

const actions = (model: ErrorModel, say: Say): Html => {
  const retry = safeLink(model.retryAction);
  return html`<div class="actions">${
    retry ? html`<a class="button primary" href="${retry}">${texts.common.retry}</a>` : ''
  }${wayBack(model, say, retry ? 'secondary' : 'primary')}</div>`;
};

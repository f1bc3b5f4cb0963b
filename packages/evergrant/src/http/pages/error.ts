import { catalogue, type ErrorCode } from '../../errors/index.ts';
import type { View } from './layout.ts';
import { type Html, html, plain, safeLink } from './markup.ts';
import type { ErrorModel } from './models.ts';
import { bridge, facts, flowData, foreign, permission, sign, wayBack } from './parts.ts';
import { type Say, type Site, sayings } from './site.ts';
import type { ErrorText } from './texts/en.ts';

/** Where registering the redirect URI is the cure, or part of it. */
const curedByRedirectUri: readonly ErrorCode[] = ['redirect_uri_mismatch', 'provider_not_configured'];

/** The bad end of a flow, or an answer that belongs to none: what happened, why, who can mend it, and the way on. */
export const errorView = (model: ErrorModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const words = site.texts.error;
  const entry = catalogue[model.code];
  const refused = isRefusal(model);
  const own = refused ? words.refused : textOf(model.code, site);
  const text = own ?? { title: entry.title, what: entry.what, steps: [entry.cure] };
  const inEnglish = own ? '' : foreign(site);
  const title = say(text.title);
  return {
    title,
    status: entry.status,
    script: 'flow',
    data: flowData(model, model.flowId, 'failed'),
    body: html`
${model.provider ? bridge(site, model.provider, 'cross') : sign('cross')}
<h1${inEnglish}>${title}</h1>
<p class="intro"${inEnglish}>${say(text.what)}</p>
${model.detail ? html`<p class="detail"${foreign(site)}>${plain(model.detail, 400)}</p>` : ''}
${missing(model, site)}
<section class="cure"><h2>${words.whatToDo}</h2><div${inEnglish}>${steps(text.steps, say)}</div>${redirectUri(model, site)}</section>
${actions(model, site, say)}
${upstream(model, site, say)}
${facts([
  [words.who, say(site.texts.actors[refused ? 'user' : entry.actor])],
  [
    site.texts.common.code,
    html`<a href="${site.basePath}/errors/${model.code}" target="_blank" rel="noopener" title="${words.reference}"><code>${model.code}</code></a>`,
  ],
  [site.texts.common.request, model.requestId ? html`<code>${plain(model.requestId)}</code>` : undefined],
])}`,
  };
};

/** Some platforms leave out the state when a person declines: the answer belongs to no attempt, but what it says is clear. */
const isRefusal = ({ code, upstream: said }: ErrorModel): boolean =>
  code === 'callback_malformed' && said?.code === 'access_denied';

/** What nobody in a flow meets has no words of its own, but those of the catalogue. */
const textOf = (code: ErrorCode, site: Site) => (site.texts.errors as Partial<Record<ErrorCode, ErrorText>>)[code];

const steps = (list: readonly string[], say: Say): Html =>
  list.length === 1
    ? html`<p>${say(list[0] ?? '')}</p>`
    : html`<ol>${list.map((step) => html`<li>${say(step)}</li>`)}</ol>`;

const upstream = ({ upstream: said }: ErrorModel, site: Site, say: Say): Html | string => {
  const code = plain(said?.code, 100);
  const description = plain(said?.description);
  if (!code && !description) return '';
  return html`<figure class="said"><figcaption>${say(site.texts.error.upstream)}</figcaption><blockquote>${
    description ? html`<p>${description}</p>` : ''
  }${code ? html`<code>${code}</code>` : ''}</blockquote></figure>`;
};

const missing = ({ missingScopes = [] }: ErrorModel, site: Site): Html | string =>
  missingScopes.length === 0
    ? ''
    : html`<section><h2>${site.texts.error.missing}</h2><ul class="missing">${missingScopes.map((scope) => permission(site, scope))}</ul></section>`;

const redirectUri = ({ code, redirectUri: uri }: ErrorModel, site: Site): Html | string => {
  const words = site.texts.error;
  return uri && curedByRedirectUri.includes(code)
    ? html`<div class="paste"><h3>${words.redirectUri}</h3><div><code>${breakable(uri)}</code><button class="quiet" type="button" hidden data-copy="${uri}" data-done="${words.copied}" aria-live="polite">${words.copy}</button></div></div>`
    : '';
};

/** Lets a narrow page break an address after its slashes rather than inside a word. */
const breakable = (uri: string): Html => html`${uri.split(/(?<=[^/:]\/)/).flatMap((part) => [part, html`<wbr>`])}`;

const actions = (model: ErrorModel, site: Site, say: Say): Html => {
  const retry = safeLink(model.retryAction);
  return html`<div class="actions">${
    retry ? html`<a class="button primary" href="${retry}">${site.texts.common.retry}</a>` : ''
  }${wayBack(model, site, say, retry ? 'secondary' : 'primary')}</div>`;
};

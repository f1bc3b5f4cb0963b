import { catalogue, type ErrorCode } from '../../errors/index.ts';
import type { View } from './layout.ts';
import { html } from './markup.ts';
import type { WaitingModel } from './models.ts';
import { bridge, facts, foreign, sign } from './parts.ts';
import { type Site, sayings } from './site.ts';

/* The pages on which there is nothing to do. */

/** Shown while the person is still at the platform; it asks again by itself. */
export const waitingView = (model: WaitingModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const title = say(site.texts.waiting.title);
  return {
    title,
    script: 'wait',
    refreshSeconds: 2,
    body: html`
${bridge(site, model.provider, 'wait')}
<h1>${title}</h1>
<p class="intro">${say(site.texts.waiting.intro)}</p>`,
  };
};

/** The page behind the `type` of a problem document (RFC 9457 section 3.1.1). It is a page about an error, not an error. */
export const errorReferenceView = (code: ErrorCode, site: Site): View => {
  const words = site.texts.reference;
  const { title, status, actor, what, cure, retryable } = catalogue[code];
  return {
    title: `${code}: ${title}`,
    body: html`
<p class="eyebrow">${words.eyebrow}</p>
<h1${foreign(site)}>${title}</h1>
<p class="code"><code>${code}</code></p>
<section class="cure"><h2>${words.what}</h2><p${foreign(site)}>${what}</p></section>
<section class="cure"><h2>${words.cure}</h2><p${foreign(site)}>${cure}</p></section>
${facts([
  [site.texts.error.who, site.texts.referenceActors[actor]],
  [site.texts.common.status, String(status)],
  [words.retryable, retryable ? words.retryableYes : words.retryableNo],
])}`,
  };
};

export const notFoundView = (site: Site): View => {
  const say = sayings(site);
  return {
    status: 404,
    title: site.texts.notFound.title,
    body: html`
${sign('search')}
<h1>${site.texts.notFound.title}</h1>
<p class="intro">${site.texts.notFound.intro}</p>
<p class="intro">${say(site.texts.notFound.cure)}</p>`,
  };
};

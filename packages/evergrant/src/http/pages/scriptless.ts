import { catalogue, type ErrorCode } from '../../errors/index.ts';
import { referenceActors } from './error-texts.ts';
import type { View } from './layout.ts';
import { html } from './markup.ts';
import type { WaitingModel } from './models.ts';
import { bridge, facts, sign } from './parts.ts';
import { type Site, sayings } from './site.ts';
import { texts } from './texts.ts';

/* The pages without a form and without a script. */

/** Shown while the person is still at the platform; it asks again by itself. */
export const waitingView = (model: WaitingModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const title = say(texts.waiting.title);
  return {
    title,
    refreshSeconds: 2,
    body: html`
${bridge(site, model.provider, 'wait')}
<h1>${title}</h1>
<p class="intro">${say(texts.waiting.intro)}</p>`,
  };
};

/** The page behind the `type` of a problem document (RFC 9457 section 3.1.1). It is a page about an error, not an error. */
export const errorReferenceView = (code: ErrorCode): View => {
  const words = texts.reference;
  const { title, status, actor, what, cure, retryable } = catalogue[code];
  return {
    title: `${code}: ${title}`,
    body: html`
<p class="eyebrow">${words.eyebrow}</p>
<h1>${title}</h1>
<p class="code"><code>${code}</code></p>
<section class="cure"><h2>${words.what}</h2><p>${what}</p></section>
<section class="cure"><h2>${words.cure}</h2><p>${cure}</p></section>
${facts([
  [texts.error.who, referenceActors[actor]],
  [texts.common.status, String(status)],
  [words.retryable, retryable ? words.retryableYes : words.retryableNo],
])}`,
  };
};

export const notFoundView = (site: Site): View => {
  const say = sayings(site);
  return {
    status: 404,
    title: texts.notFound.title,
    body: html`
${sign('search')}
<h1>${texts.notFound.title}</h1>
<p class="intro">${texts.notFound.intro}</p>
<p class="intro">${say(texts.notFound.cure)}</p>`,
  };
};

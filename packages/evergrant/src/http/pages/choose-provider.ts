import { icon } from './icons.ts';
import type { View } from './layout.ts';
import { type Html, html, monogram, plain } from './markup.ts';
import type { ChooseProviderModel, ProviderView } from './models.ts';
import { facts, sign } from './parts.ts';
import { type Site, sayings } from './site.ts';
import { texts } from './texts.ts';

/** From so many platforms on, a filter is quicker than looking. */
const filterFrom = 9;

/** The choice of a platform, when the application left it open. */
export const chooseProviderView = (model: ChooseProviderModel, site: Site): View => {
  const say = sayings(site);
  const words = texts.chooseProvider;
  if (model.providers.length === 0) {
    return {
      title: words.emptyTitle,
      body: html`${sign('alert')}<h1>${words.emptyTitle}</h1><p class="intro">${say(words.empty)}</p>`,
    };
  }
  const title = say(words.title);
  return {
    title,
    script: 'form',
    leavesForPlatform: true,
    wide: model.providers.length >= filterFrom,
    body: html`
<h1>${title}</h1>
<p class="intro">${say(words.intro)}</p>
${facts([[texts.common.owner, html`<bdi>${plain(model.owner)}</bdi>`]])}
${model.providers.length >= filterFrom ? filter() : ''}
<form method="post" action="${model.action}" class="providers">${model.providers.map(choice)}</form>
<p class="nothing" data-nothing role="status"></p>`,
  };
};

/* It stands outside the form: there, Enter would choose the first platform. */
const filter = (): Html => html`
<div class="search" data-needs-script hidden>${icon('search')}
  <input type="search" aria-label="${texts.chooseProvider.filter}" placeholder="${texts.chooseProvider.filter}" autocomplete="off" spellcheck="false" data-filter="${texts.chooseProvider.nothing}">
</div>`;

const choice = (provider: ProviderView): Html => {
  const name = plain(provider.name);
  return html`<button class="choice" type="submit" name="provider" value="${provider.id}" data-name="${name.toLowerCase()}">${monogram(
    provider,
  )}<span class="who">${name}</span>${icon('chevron')}</button>`;
};

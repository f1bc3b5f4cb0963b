import { icon } from './icons.ts';
import type { View } from './layout.ts';
import { type Html, html, monogram, plain } from './markup.ts';
import type { ChooseProviderModel, ProviderView } from './models.ts';
import { facts, filter, filterFrom, nothingFound, sign } from './parts.ts';
import { type Site, sayings } from './site.ts';

/** The choice of a platform, when the application left it open. */
export const chooseProviderView = (model: ChooseProviderModel, site: Site): View => {
  const say = sayings(site);
  const words = site.texts.chooseProvider;
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
${facts([[site.texts.common.owner, html`<bdi>${plain(model.owner)}</bdi>`]])}
${model.providers.length >= filterFrom ? filter(words.filter, words.nothing) : ''}
<form method="post" action="${model.action}" class="providers">${model.providers.map(choice)}</form>
${nothingFound()}`,
  };
};

const choice = (provider: ProviderView): Html => {
  const name = plain(provider.name);
  return html`<button class="choice" type="submit" name="provider" value="${provider.id}" data-name="${`${name} ${provider.id}`.toLowerCase()}">${monogram(
    provider,
  )}<span class="who">${name}</span>${icon('chevron')}</button>`;
};

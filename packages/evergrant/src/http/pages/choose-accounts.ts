import type { View } from './layout.ts';
import { type Html, html, plain, safeUrl } from './markup.ts';
import type { ChooseAccountsModel, SelectableAccount } from './models.ts';
import { accountFace, bridge, filter, filterFrom, formError, nothingFound } from './parts.ts';
import { type Say, type Site, sayings } from './site.ts';
import type { Texts } from './texts/index.ts';

/**
 * The choice among pages, channels or organisations that a consent reaches. Nothing is ticked beforehand unless there
 * is but one to tick. The button is never disabled: without scripts the service itself says that nothing was chosen.
 */
export const chooseAccountsView = (model: ChooseAccountsModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const words = site.texts.chooseAccounts;
  const available = model.accounts.filter((account) => !account.unavailable);
  if (available.length === 0) return nothingView(model, site, say);
  const title = model.multiple ? words.title : words.titleOne;
  return {
    title,
    status: model.nothingChosen ? 422 : 200,
    script: 'form',
    pictures: true,
    body: html`
${bridge(site, model.provider, 'link')}
<h1>${title}</h1>
<p class="intro">${say(words.intro)}</p>
<form method="post" action="${model.action}" class="accounts">
  ${formError(model.nothingChosen ? words.chooseOne : undefined, 'accounts-error')}
  <fieldset${model.nothingChosen ? html` aria-describedby="accounts-error"` : ''}>
    <legend>${say(words.legend)}</legend>
    ${
      model.multiple && available.length > 1
        ? html`<button class="quiet" type="button" data-needs-script hidden data-select-all="${words.selectAll}" data-clear="${words.clearAll}">${words.selectAll}</button>`
        : ''
    }
    ${model.accounts.length >= filterFrom ? filter(words.filter, words.nothing) : ''}
    <ul class="rows">${model.accounts.map((account) => row(site, account, model.multiple, available.length === 1))}</ul>
    ${model.accounts.length >= filterFrom ? nothingFound() : ''}
  </fieldset>
  ${submit(words)}
</form>`,
  };
};

const nothingView = (model: ChooseAccountsModel, site: Site, say: Say): View => {
  const words = site.texts.chooseAccounts;
  return {
    title: words.emptyTitle,
    pictures: true,
    body: html`
${bridge(site, model.provider, 'alert')}
<h1>${words.emptyTitle}</h1>
<p class="intro">${say(model.accounts.length > 0 ? words.noneAvailable : words.empty)}</p>
${model.accounts.length > 0 ? html`<ul class="rows">${model.accounts.map((account) => html`<li class="row">${face(site, account)}</li>`)}</ul>` : ''}
<p class="intro">${say(words.again)}</p>`,
  };
};

const row = (site: Site, account: SelectableAccount, multiple: boolean, onlyOne: boolean): Html => {
  const state = account.unavailable ? html` disabled` : onlyOne ? html` checked` : '';
  return html`
<li data-name="${nameIn(account)}"><label class="row"><input type="${multiple ? 'checkbox' : 'radio'}" name="account_ids" value="${account.id}"${state}>${face(site, account)}</label></li>`;
};

/** What the filter looks at. */
const nameIn = ({ name, username, id }: SelectableAccount): string =>
  plain([name, username, id].filter(Boolean).join(' '), 400).toLowerCase();

const face = (site: Site, { picture, url, unavailable, ...account }: SelectableAccount): Html =>
  accountFace(site, account, { picture, address: safeUrl(url), reason: unavailable });

const submit = (words: Texts['chooseAccounts']): Html => html`
<div class="bar"><button class="button primary" type="submit" data-none="${words.submit}" data-one="${words.submitOne}" data-many="${words.submitMany}">${words.submit}</button></div>`;

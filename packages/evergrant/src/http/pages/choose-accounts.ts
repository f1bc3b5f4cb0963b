import type { View } from './layout.ts';
import { type Html, html, safeUrl } from './markup.ts';
import type { ChooseAccountsModel, SelectableAccount } from './models.ts';
import { accountFace, bridge, formError } from './parts.ts';
import { type Say, type Site, sayings } from './site.ts';
import { texts } from './texts.ts';

const words = texts.chooseAccounts;

/**
 * The choice among pages, channels or organisations that a consent reaches. Nothing is ticked beforehand unless there
 * is but one to tick. The button is never disabled: without scripts the service itself says that nothing was chosen.
 */
export const chooseAccountsView = (model: ChooseAccountsModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const available = model.accounts.filter((account) => !account.unavailable);
  if (available.length === 0) return nothingView(model, site, say);
  const title = model.multiple ? words.title : words.titleOne;
  return {
    title,
    status: model.error ? 422 : 200,
    script: 'form',
    pictures: true,
    body: html`
${bridge(site, model.provider, 'link')}
<h1>${title}</h1>
<p class="intro">${say(words.intro)}</p>
<form method="post" action="${model.action}" class="accounts">
  ${formError(model.error, 'accounts-error')}
  <fieldset${model.error ? html` aria-describedby="accounts-error"` : ''}>
    <legend>${say(words.legend)}</legend>
    ${
      model.multiple && available.length > 1
        ? html`<button class="quiet" type="button" data-needs-script hidden data-select-all="${words.selectAll}" data-clear="${words.clearAll}">${words.selectAll}</button>`
        : ''
    }
    <ul class="rows">${model.accounts.map((account) => row(account, model.multiple, available.length === 1))}</ul>
  </fieldset>
  ${submit()}
</form>`,
  };
};

const nothingView = (model: ChooseAccountsModel, site: Site, say: Say): View => ({
  title: words.emptyTitle,
  pictures: true,
  body: html`
${bridge(site, model.provider, 'alert')}
<h1>${words.emptyTitle}</h1>
<p class="intro">${say(model.accounts.length > 0 ? words.noneAvailable : words.empty)}</p>
${model.accounts.length > 0 ? html`<ul class="rows">${model.accounts.map((account) => html`<li class="row">${face(account)}</li>`)}</ul>` : ''}
<p class="intro">${say(words.again)}</p>`,
});

const row = (account: SelectableAccount, multiple: boolean, onlyOne: boolean): Html => {
  const state = account.unavailable ? html` disabled` : onlyOne ? html` checked` : '';
  return html`
<li><label class="row"><input type="${multiple ? 'checkbox' : 'radio'}" name="account_ids" value="${account.id}"${state}>${face(account)}</label></li>`;
};

const face = ({ picture, url, unavailable, ...account }: SelectableAccount): Html =>
  accountFace(account, { picture, address: safeUrl(url), reason: unavailable });

const submit = (): Html => html`
<div class="bar"><button class="button primary" type="submit" data-none="${words.submit}" data-one="${words.submitOne}" data-many="${words.submitMany}">${words.submit}</button></div>`;

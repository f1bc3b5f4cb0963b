import { samplePeople } from '../people.ts';
import { offeredAccounts, type PlayedPlatform } from '../platform.ts';
import { documentResponse, type Html, html, initial } from './document.ts';
import { consentStyle } from './style.ts';

const band = 'Simulated platform: nothing leaves this computer';

/** What a person is asked for. */
export interface ConsentRequest {
  redirectUri: string;
  scopes: string[];
  /** The account that the application named; without it anybody may sign in. */
  signedInAs?: string;
}

/** Sign-in and consent on one screen: who, what, and which accounts. The first button is all that a trial needs. */
export const consentPage = (platform: PlayedPlatform, request: ConsentRequest): Response => {
  const { redirectUri, scopes, signedInAs } = request;
  const { name } = platform.definition;
  return documentResponse({
    title: `Simulated ${name}`,
    style: consentStyle,
    band,
    body: html`<main>
<div class="asks">
  <span class="tile" aria-hidden="true">${initial(name)}</span>
  <div><p>Simulated ${name}</p><h1>Let Evergrant use your account?</h1></div>
</div>
<form method="post">
  ${signedInAs ? html`<p>You are signed in as ${signedInAs}.</p>` : people()}
  ${permissions(platform, scopes)}
  ${accounts(platform)}
  <div class="actions">
    <button class="button secondary" name="decision" value="deny">Deny</button>
    <button class="button primary" name="decision" value="allow" autofocus>Allow</button>
  </div>
</form>
<p class="note">You go back to ${new URL(redirectUri).host}. ${tokenLife(platform)}</p>
</main>`,
  });
};

const tokenLife = ({ definition, behaviour }: PlayedPlatform): string =>
  definition.protocol.kind === 'oauth1'
    ? 'The token has no end.'
    : `The access token lives ${behaviour.accessTokenSeconds} seconds, so that you can watch it being renewed.`;

const people = (): Html => html`<fieldset>
  <legend>Sign in as anyone</legend>
  <div class="people">
    ${samplePeople.map(
      (name, index) => html`<label><input type="radio" name="person" value="${name}"${index === 0 ? ' checked' : ''}>
      <span class="tile round" aria-hidden="true">${initial(name)}</span><span>${name}</span></label>`,
    )}
    <input class="other" type="text" name="name" maxlength="60" placeholder="or type another name" aria-label="Another name" autocomplete="off" spellcheck="false">
  </div>
</fieldset>`;

/** Where scopes are a setting of the app there is nothing to tick. */
const permissions = ({ definition }: PlayedPlatform, scopes: string[]): Html | string => {
  if (scopes.length === 0) return '';
  return html`<fieldset>
  <legend>It may</legend>
  <ul class="boxes">${scopes.map((scope) => box('scope', scope, permits(definition.scopes.facts?.[scope]?.permits), scope))}</ul>
</fieldset>`;
};

/** What a scope permits; what follows are remarks for developers. */
const permits = (words = ''): string => words.split(/[;:] /)[0]!;

const accounts = (platform: PlayedPlatform): Html | string => {
  const offered = offeredAccounts(platform);
  if (offered.length === 0) return '';
  return html`<fieldset>
  <legend>It may use</legend>
  <ul class="boxes">${offered.map(({ id, name, username }) => box('account', id, name ?? username ?? id, id))}</ul>
</fieldset>`;
};

const box = (field: string, value: string, words: string, code: string): Html =>
  html`<li><label><input type="checkbox" name="${field}" value="${value}" checked><span>${words}<code>${code}</code></span></label></li>`;

/** What a platform shows when it cannot send the person back. */
export const faultPage = (platform: PlayedPlatform, status: number, what: string): Response =>
  documentResponse({
    status,
    title: `Simulated ${platform.definition.name}: this request is wrong`,
    style: consentStyle,
    band,
    body: html`<main>
<h1>This request is wrong</h1>
<p>${what}</p>
<p class="note">${platform.definition.name} would show a page like this one and not send you back.</p>
</main>`,
  });

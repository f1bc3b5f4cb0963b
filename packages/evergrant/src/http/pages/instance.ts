import type { View } from './layout.ts';
import { type Html, html, plain } from './markup.ts';
import type { InstanceModel } from './models.ts';
import { bridge, facts, formError } from './parts.ts';
import { type Say, type Site, sayings } from './site.ts';
import { en } from './texts/en.ts';

/** Asks for the host or handle that says where a person's account lives, and helps while they type. */
export const instanceView = (model: InstanceModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const words = site.texts.instance;
  const { kind, fault } = model;
  const title = say(words.title[kind]);
  const value = plain(fault?.typed ?? model.value, 253);
  return {
    title,
    status: fault ? 422 : 200,
    script: 'form',
    leavesForPlatform: true,
    body: html`
${bridge(site, model.provider, 'link')}
<h1>${title}</h1>
<p class="intro">${say(words.intro[kind])}</p>
${facts([[site.texts.common.owner, html`<bdi>${plain(model.owner)}</bdi>`]])}
<form method="post" action="${model.action}" class="stack">
  <div class="field">
    <label for="instance">${labelOf(model, site)}</label>
    <input class="input" id="instance" name="instance" type="text" required maxlength="253" inputmode="url" autocomplete="on" autocapitalize="none" autocorrect="off" spellcheck="false" placeholder="${plain(model.placeholder)}" value="${value}" aria-describedby="${fault ? 'instance-error ' : ''}instance-help"${fault ? html` aria-invalid="true"` : ''}>
    ${formError(fault && faultText(model, site, say), 'instance-error')}
    ${help(model, site, say)}
  </div>
  <button class="button primary" type="submit">${words.submit}</button>
</form>
<p class="note">${site.texts.start.notYou}</p>`,
  };
};

/** A definition's own label is kept, unless it is one of those that we have in every language. */
const labelOf = ({ label, kind }: InstanceModel, site: Site): string =>
  label === en.instance.label[kind] ? site.texts.instance.label[kind] : plain(label);

const faultText = ({ fault, kind, placeholder }: InstanceModel, site: Site, say: Say): string | undefined => {
  const faults: Partial<Record<string, string>> = site.texts.instance.faults;
  // Of names of accounts the protocol knows more than that.
  const isOurs = kind === 'server' || fault?.code === 'instance_not_found';
  const text = isOurs ? faults[fault?.code ?? ''] : undefined;
  return text === undefined
    ? fault?.detail
    : say(text, { typed: plain(fault?.typed, 100), example: plain(placeholder) });
};

/* The script replaces the words; a screen reader is told of them when it pauses. */
const help = ({ kind, placeholder }: InstanceModel, site: Site, say: Say): Html => {
  const words = site.texts.instance;
  const example = plain(placeholder);
  return html`<p class="help" id="instance-help"><span data-help="${kind}" data-example="${example}" data-whole="${words.whole[kind]}" data-part="${say(words.part[kind], { example })}" aria-live="polite">${say(words.help[kind], { example })}</span><button class="quiet" type="button" hidden data-use="${words.use}"></button></p>`;
};

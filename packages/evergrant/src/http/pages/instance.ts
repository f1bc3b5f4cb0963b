import type { View } from './layout.ts';
import { html, plain } from './markup.ts';
import type { InstanceModel } from './models.ts';
import { bridge, facts, formError } from './parts.ts';
import { type Site, sayings } from './site.ts';
import { texts } from './texts.ts';

/** Asks for the host or handle that says where a person's account lives. */
export const instanceView = (model: InstanceModel, site: Site): View => {
  const say = sayings(site, model.provider);
  const title = say(texts.instance.title);
  const faulty = model.error ? html` aria-invalid="true" aria-describedby="instance-error"` : '';
  return {
    title,
    status: model.error ? 422 : 200,
    script: 'form',
    leavesForPlatform: true,
    body: html`
${bridge(site, model.provider, 'link')}
<h1>${title}</h1>
<p class="intro">${say(texts.instance.intro)}</p>
${facts([[texts.common.owner, html`<bdi>${plain(model.owner)}</bdi>`]])}
<form method="post" action="${model.action}" class="stack">
  <div class="field">
    <label for="instance">${plain(model.label)}</label>
    <input class="input" id="instance" name="instance" type="text" required maxlength="253" inputmode="url" autocomplete="on" autocapitalize="none" autocorrect="off" spellcheck="false" placeholder="${plain(model.placeholder)}" value="${plain(model.value, 253)}"${faulty}>
    ${formError(model.error, 'instance-error')}
  </div>
  <button class="button primary" type="submit">${texts.instance.submit}</button>
</form>
<p class="note">${texts.start.notYou}</p>`,
  };
};

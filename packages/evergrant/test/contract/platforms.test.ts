import { describe, expect, test } from 'vitest';
import { builtinProviders } from '../../src/providers/builtin.ts';
import { providerFixtures } from '../../src/providers/fixtures.ts';
import { canSimulate } from '../../src/sandbox/index.ts';
import { useService } from '../browser/service.ts';
import { expectBody } from '../support/api.ts';
import { type BrowserPage, createBrowser } from '../support/browser.ts';

const simulated = Object.values(builtinProviders).filter(canSimulate);

/** What a person sends who agrees to everything on the consent page of a simulated platform. */
const consent = (page: BrowserPage, decision: 'allow' | 'deny'): URLSearchParams => {
  const boxes = [...page.text.matchAll(/<input type="checkbox" name="(\w+)" value="([^"]*)"/g)];
  const form = new URLSearchParams({ decision });
  for (const [, name, value] of boxes) form.append(name!, value!);
  return form;
};

/** One for all: it plays the platforms itself. */
const service = useService();

describe.each(simulated.map((definition) => [definition.id, definition] as const))('%s', (provider, definition) => {
  const fixture = providerFixtures[provider]!;

  const decide = async (decision: 'allow' | 'deny') => {
    const instance = definition.instance?.isAccount ? 'ada.example.com' : definition.instance && `${provider}.example`;
    const flow = await service.connect({ provider, instance, skip_confirmation: true });
    const browser = createBrowser();
    const page = await browser.open(flow.url);
    const answer = await fetch(page.url, { method: 'POST', body: consent(page, decision), redirect: 'manual' });
    const shown = await browser.open(answer.headers.get('location') ?? '');
    return { shown, flow: expectBody(await service.api.flow(flow.id)) };
  };

  test('connects, hands out a token, calls, renews and disconnects', async () => {
    const { flow } = await decide('allow');
    const [sample] = fixture.accounts;
    const chosen = flow.accounts.find(({ unavailable }) => unavailable === null);
    const path = `/v1/connect/${flow.id}/accounts`;
    const connected =
      flow.status === 'choosing'
        ? expectBody(await service.api.call<typeof flow>('POST', path, { body: { account_ids: [chosen!.id] } }))
        : flow;
    expect(connected).toMatchObject({ status: 'connected', error: null });
    const [connection] = connected.connections;
    expect(connection).toMatchObject({ status: 'active', scopes: { missing: [] }, account: { type: sample!.type } });

    const { id } = connection!;
    const token = await service.api.token(id);
    const { kind } = definition.protocol;
    const type = kind === 'oauth1' ? 'oauth1' : 'bearer';
    // A token that is bound to a proof is worth nothing without the key, which stays here.
    if (kind === 'atproto') expect(token).toMatchObject({ status: 409, problem: { code: 'token_not_exportable' } });
    else expect(token).toMatchObject({ status: 200, body: { token_type: type, generation: 1 } });

    const url = new URL(definition.profile.get.replace(/\{[\w.]+\}/g, 'x'));
    const base = URL.parse(definition.api.baseUrl.replace(/\{[\w.]+\}/g, 'x'));
    if (url.origin === base?.origin) {
      const rest = `${url.pathname}${url.search}`.slice(base.pathname.replace(/\/$/, '').length);
      expect(await service.api.call('GET', `/v1/connections/${id}/api${rest}`)).toMatchObject({ status: 200 });
    }

    const renewsElsewhere = fixture.variants?.some(({ unplayed }) => unplayed) ?? false;
    const refreshable = fixture.refresh !== undefined && !renewsElsewhere;
    const renewed = expectBody(await service.api.refresh(id));
    expect(renewed.token).toMatchObject({ refreshable, generation: refreshable ? 2 : 1 });
    expect((await service.api.disconnect(id)).status).toBe(204);
    expect((await service.api.connection(id)).status).toBe(404);
  });

  test('says so when the person declines', async () => {
    const { shown, flow } = await decide('deny');
    expect(shown.text).toContain('consent_denied');
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'consent_denied' } });
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtinProviders } from '../../src/providers/builtin.ts';
import { builtinPlatforms, startSandbox } from '../../src/sandbox/test-client.ts';
import type { ProviderConfig } from '../../src/settings/config.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { type ConnectionBody, expectBody, type FlowBody } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { createInstallation, type Installation } from '../support/evergrant.ts';

/* Built-in platforms set up as an operator sets up the real ones, with the manners that need more than a definition. */

const bothScopes = ['snapchat-profile-api', 'snapchat-marketing-api'];

/** What the settings say of each besides the app. */
const settings = (url: string): Record<string, ProviderConfig> => ({
  vk: { clientSecret: undefined },
  'tiktok-business': { redirectUri: `${url}/integrations/social/tiktok-business/` },
  threads: { definition: { refresh: { minimumAgeSeconds: 0 } } },
  'instagram-standalone': {},
  instagram: {},
  snapchat: { scopes: bothScopes },
});

let platforms: Awaited<ReturnType<typeof startSandbox>>;
let installation: Installation;

beforeAll(async () => {
  platforms = await startSandbox({ platforms: await builtinPlatforms(), clock: systemClock });
  const { sandbox } = platforms;
  const providers = (url: string) =>
    Object.entries(settings(url)).map(([provider, more]) => {
      const { clientId, clientSecret } = sandbox.appFor(provider);
      return [provider, { clientId, clientSecret, origins: sandbox.origins(provider), ...more }] as const;
    });
  installation = await createInstallation({ config: (url) => ({ providers: Object.fromEntries(providers(url)) }) });
  await installation.start();
});

afterAll(async () => {
  await installation?.dispose();
  await platforms?.close();
});

/** To the end of a flow in which the person allows everything. */
const connect = async (provider: string, scopes = builtinProviders[provider]!.scopes.required) => {
  const { api } = installation;
  const started = expectBody(await api.connect({ provider, owner: 'user_42', scopes, skip_confirmation: true }));
  const browser = createBrowser();
  const { url } = await browser.open(started.url, { stopAt: (next) => next.includes('/sandbox/') });
  await browser.open(await platforms.sandbox.consent(url));
  return { asked: new URL(url).searchParams, flow: expectBody(await api.flow(started.id)) };
};

/** The only connection. */
const connected = async (provider: string): Promise<ConnectionBody> => {
  const { flow } = await connect(provider);
  expect(flow).toMatchObject({ status: 'connected', error: null });
  return flow.connections[0]!;
};

test('vk needs no client secret', async () => {
  const { api } = installation;
  const connection = await connected('vk');
  expect(expectBody(await api.refresh(connection.id))).toMatchObject({ status: 'active', token: { generation: 2 } });
  expect((await api.disconnect(connection.id)).status).toBe(204);
});

test('tiktok-business is sent the redirect URI with its final slash, and comes back there', async () => {
  const { asked, flow } = await connect('tiktok-business');
  expect(asked.get('redirect_uri')).toBe(`${installation.url}/integrations/social/tiktok-business/`);
  expect(flow).toMatchObject({ status: 'connected', error: null });
});

test('instagram-standalone is not renewed before its token is a day old', async () => {
  const { api } = installation;
  const connection = await connected('instagram-standalone');
  const renewed = expectBody(await api.refresh(connection.id));
  expect(renewed).toMatchObject({ status: 'active', token: { generation: 1, refreshable: true }, last_error: null });
  expect(Date.parse(renewed.token.next_refresh_at ?? '')).toBeGreaterThan(Date.now());
  expect(platforms.sandbox.control('instagram-standalone').tokenRequests()).toEqual({
    exchange: 1,
    upgrade: 1,
    refresh: 0,
  });
});

test('threads is renewed by its own token where settings lower the age', async () => {
  const { api } = installation;
  const { id } = await connected('threads');
  const before = expectBody(await api.token(id)).access_token;
  expect(expectBody(await api.refresh(id))).toMatchObject({ token: { generation: 2 } });
  expect(expectBody(await api.token(id)).access_token).not.toBe(before);
});

test('instagram hands out the token of the page, which has no end', async () => {
  const { api } = installation;
  const { flow } = await connect('instagram');
  expect(flow.status).toBe('choosing');
  const { accounts } = flow as FlowBody & { accounts: { id: string }[] };
  const ids = accounts.map(({ id }) => id);
  const chosen = await api.call<FlowBody>('POST', `/v1/connect/${flow.id}/accounts`, { body: { account_ids: ids } });
  const { connections } = expectBody(chosen);
  const names = connections.map(({ account }) => account.username);
  expect(new Set(names)).toEqual(new Set(['example.bakery', 'example.museum']));
  const tokens = await Promise.all(connections.map(async ({ id }) => expectBody(await api.token(id))));
  for (const token of tokens) {
    expect(token).toMatchObject({ access_token: expect.stringContaining('sandbox-account'), expires_at: null });
  }
  expect(new Set(tokens.map((token) => token.access_token)).size).toBe(2);
});

test('snapchat offers the profiles of organizations where the scope allows to ask', async () => {
  const { flow } = await connect('snapchat', bothScopes);
  expect(flow).toMatchObject({ status: 'choosing', accounts: [{ type: 'profile' }, { type: 'profile' }] });
});

import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../security/authorization-server.ts';
import { eventually, type Harness, itKeepsSecrets, type ProblemBody, startHarness } from '../security/support.ts';
import { instancesAt, playMastodon } from '../support/mastodon.ts';

const day = 24 * 3_600_000;
const [one, two] = ['one.example', 'two.example'];

/** Two instances, and a service that is led to them. */
const startInstances = async (changes: { mastodon?: object } = {}) => {
  const harness = await startHarness({ providers: ['one', 'two'] });
  const instances = { one: playMastodon(harness, 'one'), two: playMastodon(harness, 'two') };
  const { mastodon } = instancesAt(harness, { [one]: 'one', [two]: 'two' }).providers;
  const config = (more: object = {}) => ({ providers: { mastodon: { ...mastodon, ...changes.mastodon, ...more } } });
  await harness.restart(config());
  return {
    ...instances,
    harness,
    /** Starts again with other settings of the provider. */
    config,
    restart: (more: object) => harness.restart(config(more)),
    connect: (instance: string, more: object = {}) => connectAt(harness, instance, more),
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
};

const connectAt = async (harness: Harness, instance: string, more: object = {}) => {
  const begun = await harness.begin({ provider: 'mastodon', instance, ...more });
  const server =
    harness.stubs[new URL(begun.authorizationUrl).origin === harness.stubs['one']!.origin ? 'one' : 'two']!;
  const page = await begun.browser.follow(server.consent(begun.authorizationUrl));
  const flow = await harness.flow(begun.started.id);
  return { ...begun, page, flow, connection: flow.connections[0]! };
};

/** Opens the link of a flow that cannot get as far as the platform. */
const failAt = async (harness: Harness, instance: string) => {
  const { data } = await harness.start({ provider: 'mastodon', instance });
  const page = await harness.browser().get(data.url);
  expect(page.location).toBeNull();
  return { page, flow: await harness.flow(data.id) };
};

describe('an app at each instance', () => {
  it('is registered when the first person connects, and used for everybody after', async () => {
    await using world = await startInstances();
    const { harness } = world;
    const { flow, authorizationUrl } = await world.connect(one);
    expect(flow).toMatchObject({
      status: 'connected',
      connections: [
        {
          status: 'active',
          account: {
            id: 'one.example:14715',
            type: 'profile',
            name: 'Alice Adams',
            username: 'alice@one.example',
            picture: 'https://files.example/a.png',
            url: 'https://social.example/@alice',
          },
          token: { expires_at: null, refreshable: false, next_refresh_at: null },
          scopes: { granted: ['read:accounts', 'write:statuses', 'write:media'], missing: [] },
        },
      ],
    });
    expect(Object.fromEntries(world.one.stub.requestsTo('/api/v1/apps')[0]!.form)).toEqual({
      client_name: 'Evergrant',
      redirect_uris: `${harness.publicUrl}/integrations/social/mastodon`,
      scopes: 'read:accounts write:statuses write:media',
      website: harness.publicUrl,
    });
    expect(new URL(authorizationUrl).searchParams.get('client_id')).toBe(world.one.apps[0]!.clientId);
    expect((await world.connect(one, { owner: 'owner-2' })).flow.status).toBe('connected');
    expect(world.one.registrations()).toBe(1);
    expect(await harness.token(flow.connections[0]!.id)).toMatchObject({ status: 200, data: { expires_at: null } });
    expect(
      (await harness.api('GET', `/v1/connections/${flow.connections[0]!.id}/api/api/v1/accounts/verify_credentials`))
        .status,
    ).toBe(200);
  });

  it('is another at each: one account id at two instances is two accounts', async () => {
    await using world = await startInstances();
    const connections = [(await world.connect(one)).connection, (await world.connect(two)).connection];
    expect(connections.map(({ account }) => account.id)).toEqual(['one.example:14715', 'two.example:14715']);
    expect(new Set(connections.map(({ id }) => id)).size).toBe(2);
    expect([world.one.registrations(), world.two.registrations()]).toEqual([1, 1]);
  });

  it('is registered once when many begin at the same moment', async () => {
    await using world = await startInstances();
    const answer = Promise.withResolvers<void>();
    world.one.stub.answer('/api/v1/apps', (received) => ({ ...world.one.register(received), after: answer.promise }));
    const begun = Array.from({ length: 8 }, () => world.harness.begin({ provider: 'mastodon', instance: one }));
    await eventually('a registration', async () => world.one.registrations() > 0);
    answer.resolve();
    const ids = (await Promise.all(begun)).map(({ authorizationUrl }) =>
      new URL(authorizationUrl).searchParams.get('client_id'),
    );
    expect(new Set(ids)).toEqual(new Set([world.one.apps[0]!.clientId]));
    expect(world.one.registrations()).toBe(1);
  });

  it('survives a restart, and is registered again when the scopes change; what was connected keeps its own', async () => {
    await using world = await startInstances();
    const { connection } = await world.connect(one);
    await world.restart({});
    await world.connect(one, { owner: 'owner-2' });
    expect(world.one.registrations()).toBe(1);
    await world.restart({ scopes: ['read:accounts'] });
    const { flow, authorizationUrl } = await world.connect(one, { owner: 'owner-3' });
    expect(flow).toMatchObject({ status: 'connected', connections: [{ scopes: { granted: ['read:accounts'] } }] });
    expect(world.one.apps.map(({ scopes }) => scopes)).toEqual([
      'read:accounts write:statuses write:media',
      'read:accounts',
    ]);
    expect(new URL(authorizationUrl).searchParams.get('client_id')).toBe(world.one.apps[1]!.clientId);
    expect((await world.harness.api('DELETE', `/v1/connections/${connection.id}`)).status).toBe(204);
    const revoked = world.one.stub.requestsTo('/oauth/revoke').map(({ form }) => form.get('client_id'));
    expect(revoked).toEqual([world.one.apps[0]!.clientId]);
  });

  it('serves flows that ask for fewer scopes', async () => {
    await using world = await startInstances();
    await world.connect(one);
    const { authorizationUrl, flow } = await world.connect(one, { owner: 'owner-2', scopes: ['read:accounts'] });
    expect(new URL(authorizationUrl).searchParams.get('scope')).toBe('read:accounts');
    expect(flow.connections).toMatchObject([{ status: 'active' }]);
    expect(world.one.registrations()).toBe(1);
  });

  it('is registered again after a day in which nobody connected with it', async () => {
    await using world = await startInstances();
    await world.harness.begin({ provider: 'mastodon', instance: one });
    world.harness.clock.advance(day + 1);
    await world.connect(one);
    expect(world.one.registrations()).toBe(2);
    world.harness.clock.advance(day + 1);
    await world.connect(one);
    expect(world.one.registrations()).toBe(2);
  });

  it('is forgotten a month after nobody was connected with it any more', async () => {
    await using world = await startInstances();
    const { connection } = await world.connect(one);
    await world.harness.begin({ provider: 'mastodon', instance: two });
    await world.harness.restart({ ...world.config(), engine: 'embedded' });
    const instances = () =>
      world.harness
        .sql((database) => database.prepare('select instance from instance_apps').all())
        .map(({ instance }) => instance);
    // Day by day, each long enough for the chores of that day.
    const daysLater = async (what: string, holds: () => boolean) => {
      for (let count = 0; count < 60 && !holds(); count++) {
        world.harness.clock.advance(day);
        await pause(30);
      }
      await eventually(what, holds);
    };
    expect(new Set(instances())).toEqual(new Set([one, two]));
    world.harness.clock.advance(31 * day);
    await daysLater('the one that nobody used to vanish', () => instances().join() === one);
    await world.harness.api('DELETE', `/v1/connections/${connection.id}`);
    await daysLater('the other to vanish', () => instances().length === 0);
  });

  it('is registered again at the next attempt when the instance has forgotten it', async () => {
    await using world = await startInstances();
    await world.connect(one);
    world.one.forgetApps();
    const { flow, page } = await world.connect(one, { owner: 'owner-2' });
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'provider_app_credentials_invalid' } });
    expect(page.body).toContain('one.example does not know this service any more');
    expect((await world.connect(one, { owner: 'owner-2' })).flow.status).toBe('connected');
    expect(world.one.registrations()).toBe(2);
  });

  it("is the operator's own at the one instance for which it is configured, and its secret is shown to no other", async () => {
    await using world = await startInstances();
    const { clientId, clientSecret } = { clientId: 'own-client', clientSecret: 'own-secret-0123456789' };
    const app = {
      clientId,
      clientSecret,
      redirectUri: `${world.harness.publicUrl}/integrations/social/mastodon`,
      scopes: '',
    };
    const before = (await world.connect(one, { owner: 'owner-0' })).connection;
    await world.restart({ clientId, clientSecret, options: { instance: one } });
    expect((await world.harness.api('DELETE', `/v1/connections/${before.id}`)).status).toBe(204);
    expect(world.one.stub.requestsTo('/oauth/revoke')[0]!.form.get('client_id')).toBe(world.one.apps[0]!.clientId);
    world.one.apps.push(app);
    expect((await world.connect(one)).flow.status).toBe('connected');
    expect((await world.connect(two)).flow.status).toBe('connected');
    expect([world.one.registrations(), world.two.registrations()]).toEqual([1, 1]);
    expect(JSON.stringify(world.two.stub.requests)).not.toContain(clientSecret);
    await world.restart({ clientId, clientSecret });
    expect(world.harness.logLines.join('')).toContain('options.instance must name the server');
    expect((await world.connect(one, { owner: 'owner-2' })).flow.status).toBe('connected');
    expect(world.one.registrations()).toBe(1);
  });
});

describe('an instance with refresh tokens, as some forks have them', () => {
  it('is renewed with the app that the grant was made with, in the background too', async () => {
    await using world = await startInstances();
    const { harness } = world;
    for (const { stub } of [world.one, world.two]) {
      Object.assign(stub.behaviour, { expiresIn: 3600, extra: () => ({}) });
      // Both instances number their apps, and begin at the same number.
      stub.answer('/api/v1/apps', { body: { client_id: 7, client_secret: stub.client.secret } });
      stub.answer('/oauth/token', ({ form, ...received }) => {
        const isKnown = form.get('client_id') === '7' && form.get('client_secret') === stub.client.secret;
        if (!isKnown) return { status: 401, body: { error: 'invalid_client' } };
        form.set('client_id', stub.client.id);
        return stub.behave({ ...received, path: '/token', form });
      });
    }
    const connections = [(await world.connect(one)).connection, (await world.connect(two)).connection];
    await world.restart({ scopes: ['read:accounts', 'write:media'] });
    expect((await harness.api('POST', `/v1/connections/${connections[0]!.id}/refresh`)).data).toMatchObject({
      status: 'active',
      token: { generation: 2, refreshable: true },
    });
    await harness.restart({ ...world.config({ scopes: ['read:accounts'] }), engine: 'embedded' });
    harness.clock.advance(3_000_000);
    for (const [index, { id }] of connections.entries()) {
      const generation = index === 0 ? 3 : 2;
      await eventually('a renewal', async () => (await harness.connection(id)).data.token.generation === generation);
      expect((await harness.connection(id)).data.status).toBe('active');
    }
    for (const { stub } of [world.one, world.two]) {
      const sent = stub.requestsTo('/oauth/token').map(({ form }) => form.get('client_secret'));
      expect(new Set(sent)).toEqual(new Set([stub.client.secret]));
    }
  });
});

describe('a registration that fails', () => {
  const cases: [string, Answer, number, string][] = [
    ['no such address', { status: 404, body: '<!DOCTYPE html>' }, 422, 'instance_unsupported'],
    ['a web page', { status: 200, body: '<!DOCTYPE html>' }, 422, 'instance_unsupported'],
    ['a redirect', { status: 301, headers: { location: 'https://elsewhere.example/' } }, 422, 'instance_unsupported'],
    ['a page of a guard', { status: 403, body: '<!DOCTYPE html>' }, 422, 'instance_unsupported'],
    ['no secret', { body: { client_id: 'x' } }, 422, 'instance_unsupported'],
    ['an empty id', { body: { client_id: '', client_secret: 'y' } }, 422, 'instance_unsupported'],
    ['an object for an id', { body: { client_id: { a: 1 }, client_secret: 'y' } }, 422, 'instance_unsupported'],
    ['an id with a line break', { body: { client_id: 'x\r\ny', client_secret: 'y' } }, 422, 'instance_unsupported'],
    ['an endless id', { body: { client_id: 'x'.repeat(5000), client_secret: 'y' } }, 422, 'instance_unsupported'],
    ['polluted members', { body: '{"__proto__":{"client_id":"x","client_secret":"y"}}' }, 422, 'instance_unsupported'],
    [
      'a refused scope',
      { status: 422, body: { error: 'Validation failed: Scopes are wrong' } },
      502,
      'scope_unavailable',
    ],
    ['a refusal', { status: 403, body: { error: 'Not allowed' } }, 502, 'provider_app_not_allowed'],
    ['a limit', { status: 429, body: { error: 'Too many requests' } }, 503, 'provider_rate_limited'],
    ['trouble', { status: 500 }, 503, 'provider_unavailable'],
    ['a lost answer', { fault: 'reset' }, 503, 'provider_unavailable'],
    ['half an answer', { body: { client_id: 'x', client_secret: 'y' }, fault: 'cut' }, 503, 'provider_unavailable'],
    ['an answer without end', { fault: 'flood' }, 503, 'provider_unavailable'],
  ];

  it.each(cases)(
    '%s: ends the flow and names the instance; the next attempt begins anew',
    async (_, answer, status, code) => {
      await using world = await startInstances();
      world.one.stub.answer('/api/v1/apps', answer);
      const { page, flow } = await failAt(world.harness, one);
      expect(flow).toMatchObject({ status: 'failed', error: { code } });
      expect(page.status).toBe(status);
      expect(page.body).toContain(code);
      expect(page.body).toContain('one.example');
      world.one.stub.answer('/api/v1/apps', world.one.register);
      expect((await world.connect(one)).flow.status).toBe('connected');
    },
  );

  it('in one attempt is not the failure of another instance', async () => {
    await using world = await startInstances();
    world.one.stub.answer('/api/v1/apps', { status: 500 });
    await failAt(world.harness, one);
    expect((await world.connect(two)).flow.status).toBe('connected');
  });
});

describe('which instance', () => {
  it.each([
    'ONE.example',
    ' one.example ',
    'one.example.',
    'https://one.example',
    'http://one.example/@alice?x=1#y',
    '@alice@one.example',
    'alice@one.example',
    'https://one.example:443/web/home',
    'acct:alice@one.example',
  ])('is read from %j', async (instance) => {
    await using world = await startInstances();
    expect((await world.connect(instance)).connection.account.id).toBe('one.example:14715');
  });

  it('may have an international name', async () => {
    await using harness = await startHarness({ providers: ['one'] });
    playMastodon(harness, 'one');
    await harness.restart(instancesAt(harness, { 'xn--bcher-kva.example': 'one' }));
    const { connection } = await connectAt(harness, '@alice@BÜCHER.example');
    expect(connection.account).toMatchObject({ id: 'xn--bcher-kva.example:14715' });
  });

  it.each([
    ['not a host', 400, 'invalid_request'],
    ['https://', 400, 'invalid_request'],
    ['a\\b.example', 400, 'invalid_request'],
    ['169.254.169.254', 422, 'target_not_allowed'],
    ['http://2130706433/', 422, 'target_not_allowed'],
    ['0x7f.1', 422, 'target_not_allowed'],
    ['[::1]', 422, 'target_not_allowed'],
    ['@root@localhost', 422, 'target_not_allowed'],
    ['one.example:8443', 422, 'target_not_allowed'],
    ['intranet', 422, 'target_not_allowed'],
  ])('cannot be %j', async (instance, status, code) => {
    await using world = await startInstances();
    const answer = await world.harness.api<ProblemBody>('POST', '/v1/connect', {
      json: { provider: 'mastodon', owner: 'owner-1', instance },
    });
    expect(answer).toMatchObject({ status, data: { code, errors: [{ pointer: '/instance' }] } });
  });

  it('is asked at the address that its name resolves to, which may not be a private one', async () => {
    await using world = await startInstances();
    const { page, flow } = await failAt(world.harness, 'metadata.localhost');
    expect(flow.status).toBe('failed');
    // Not every resolver knows names below localhost.
    expect(['target_not_allowed', 'provider_unavailable']).toContain(flow.error?.code);
    expect(page.body).toContain('metadata.localhost');
  });

  it('may have a port, or a name without a dot, where settings name it', async () => {
    await using harness = await startHarness({ providers: ['one'] });
    playMastodon(harness, 'one');
    await harness.restart(instancesAt(harness, { 'social:8443': 'one' }));
    expect((await connectAt(harness, 'social:8443')).connection.account.id).toBe('social:8443:14715');
  });

  it('is asked of the person where the application did not say, after the choice of the platform too', async () => {
    await using world = await startInstances();
    const { harness } = world;
    for (const provider of ['mastodon', undefined]) {
      const { data } = await harness.start({ provider, skip_confirmation: provider !== undefined, owner: 'owner <1>' });
      const browser = harness.browser();
      let page = await browser.get(data.url);
      if (provider === undefined) page = await browser.post(data.url, { provider: 'mastodon' });
      expect(page).toMatchObject({ status: 200, location: null });
      expect(page.body).toContain('name="instance"');
      expect(page.body).toContain('owner &lt;1&gt;');
      const again = await browser.post(data.url, { instance: '127.0.0.1' });
      expect(again).toMatchObject({ status: 422, location: null });
      expect(again.body).toContain('127.0.0.1 is not the name of a server on the public Internet');
      expect(again.body).toContain('value="127.0.0.1"');
      expect((await harness.flow(data.id)).status).toBe('pending');
      const { location } = await browser.post(data.url, { instance: '@alice@one.example' });
      await browser.follow(world.one.stub.consent(location!));
      expect(await harness.flow(data.id)).toMatchObject({
        status: 'connected',
        connections: [{ provider: 'mastodon' }],
      });
    }
  });

  it('cannot be changed once it is said, and is known at a reconnect', async () => {
    await using world = await startInstances();
    const { harness } = world;
    const { connection } = await world.connect(one);
    const { data } = await harness.start({ provider: 'mastodon', connection_id: connection.id });
    const browser = harness.browser();
    const { location } = await browser.get(data.url);
    expect(location).toContain(world.one.stub.origin);
    expect((await browser.post(data.url, { instance: two })).location).toBe(location);
    await browser.follow(world.one.stub.consent(location!));
    expect(await harness.flow(data.id)).toMatchObject({ status: 'connected', connections: [{ id: connection.id }] });
    const other = await world.connect(two, { connection_id: connection.id });
    expect(other.flow).toMatchObject({ status: 'failed', error: { code: 'account_mismatch' } });
  });

  it('must be the one that names itself in the answer', async () => {
    await using world = await startInstances();
    const iss = async (issuer: string) => {
      const { authorizationUrl, browser, started } = await world.harness.begin({ provider: 'mastodon', instance: one });
      await browser.follow(world.one.stub.consent(authorizationUrl, { iss: issuer }));
      return (await world.harness.flow(started.id)).status;
    };
    expect(await iss('https://one.example/')).toBe('connected');
    expect(await iss('https://one.example')).toBe('connected');
    expect(await iss('https://two.example/')).toBe('failed');
  });
});

itKeepsSecrets();

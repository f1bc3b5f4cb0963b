import { describe, expect, it } from 'vitest';
import type { ConnectionBody, Harness } from '../security/support.ts';
import { kill, login, pass, questionsAbout, soon, startProducts, tokenOf } from './support.ts';

/** Nothing renews a token, and each login ends what was granted with other scopes. */
const mortal = { consentEnds: 'other-scopes', refresh: { supported: false } };

const statusOf = async (harness: Harness, { id }: ConnectionBody) => {
  const { data } = await harness.connection(id);
  return { status: data.status, reason: data.reason };
};

describe('a login that ends what was granted with other scopes', () => {
  it('has the platform asked of the older token, which is found dead before anybody uses it', async () => {
    await using harness = await startProducts(mortal);
    const [first] = await login(harness, {});
    pass(harness, 2);
    const token = await tokenOf(harness, first!);
    kill(harness, token);
    const [second] = await login(harness, { provider: 'acme-pages' });
    pass(harness);
    await soon(async () => {
      expect(await statusOf(harness, first!)).toEqual({ status: 'reauth_required', reason: 'revoked' });
    });
    expect(questionsAbout(harness, token)).toBe(2);
    const types = (await harness.events(first!.id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'connection.reauth_required')).toHaveLength(1);
    expect(await statusOf(harness, second!)).toMatchObject({ status: 'active' });
  });

  it('ends nothing that still lives, and has it asked again once every server knows', async () => {
    await using harness = await startProducts(mortal);
    const [first] = await login(harness, {});
    pass(harness, 2);
    const token = await tokenOf(harness, first!);
    await login(harness, { provider: 'acme-pages', owner: 'another-owner' });
    pass(harness);
    await soon(async () => expect(questionsAbout(harness, token)).toBe(2));
    expect(await statusOf(harness, first!)).toMatchObject({ status: 'active' });
    kill(harness, token);
    pass(harness, 6);
    await soon(async () => {
      expect(await statusOf(harness, first!)).toEqual({ status: 'reauth_required', reason: 'revoked' });
    });
  });

  it('is no verdict while the platform is down', async () => {
    await using harness = await startProducts(mortal);
    const [first] = await login(harness, {});
    pass(harness, 2);
    const token = await tokenOf(harness, first!);
    await login(harness, { provider: 'acme-pages' });
    harness.stub.answer('/me', { status: 503 });
    pass(harness);
    await soon(async () => expect(questionsAbout(harness, token)).toBe(2));
    expect(await statusOf(harness, first!)).toMatchObject({ status: 'active' });
    kill(harness, token);
    pass(harness, 11);
    await soon(async () => expect(await statusOf(harness, first!)).toMatchObject({ status: 'reauth_required' }));
  });

  it('has a grant renewed that can be, which mends it or shows that it is dead', async () => {
    await using harness = await startProducts({ consentEnds: 'other-scopes', refresh: { rotates: 'always' } });
    const [alive] = await login(harness, {});
    pass(harness, 2);
    await login(harness, { provider: 'acme-pages' });
    await soon(async () => {
      expect((await harness.connection(alive!.id)).data.token.generation).toBe(2);
    });
    harness.stub.withdraw();
    pass(harness, 2);
    await login(harness, { provider: 'acme-pages', owner: 'another-owner', scopes: ['read'] });
    await soon(async () => expect(await statusOf(harness, alive!)).toMatchObject({ status: 'reauth_required' }));
  });

  it('leaves alone the same scopes and other people', async () => {
    await using harness = await startProducts(mortal);
    const [alice] = await login(harness, {});
    const [aliceAgain] = await login(harness, { owner: 'owner-2' });
    const [bob] = await login(harness, { owner: 'owner-3' }, 'bob');
    pass(harness, 2);
    await login(harness, { provider: 'acme-pages', owner: 'owner-4' }, 'bob');
    pass(harness);
    const tokens = await Promise.all([bob, alice, aliceAgain].map((one) => tokenOf(harness, one!)));
    await soon(async () => expect(questionsAbout(harness, tokens[0]!)).toBe(2));
    expect(tokens.map((token) => questionsAbout(harness, token))).toEqual([2, 1, 1]);
  });

  it('is none where the platform is not said to do so', async () => {
    await using harness = await startProducts({ refresh: { supported: false } });
    await login(harness, {});
    await login(harness, { provider: 'acme-pages' });
    const doubted = 'select count(*) as count from grants where check_at is not null';
    expect(harness.sql((database) => database.prepare(doubted).get())).toEqual({ count: 0 });
  });

  it('does so also when it led to no connection', async () => {
    await using harness = await startProducts(mortal);
    const [first] = await login(harness, {});
    const [bobs] = await login(harness, { provider: 'acme-pages' }, 'bob');
    pass(harness, 2);
    kill(harness, await tokenOf(harness, first!));
    const { data } = await harness.start({ provider: 'acme-pages', connection_id: bobs!.id });
    const browser = harness.browser();
    const { location } = await browser.get(data.url);
    await browser.follow(harness.stub.consent(location!, { account: 'alice' }));
    expect(await harness.flow(data.id)).toMatchObject({ status: 'failed', error: { code: 'account_mismatch' } });
    pass(harness);
    await soon(async () => expect(await statusOf(harness, first!)).toMatchObject({ status: 'reauth_required' }));
  });

  it('replaces at once what it has ended and reaches itself', async () => {
    const accounts = { items: 'data', map: { id: 'id', name: 'name' }, type: 'page' };
    await using harness = await startProducts(mortal, (origin) => ({
      accounts: { ...accounts, get: `${origin}/pages` },
    }));
    harness.stub.answer('/pages', { body: { data: [{ id: 'p1', name: 'One' }] } });
    const [first] = await login(harness, { scopes: ['read'] });
    harness.stub.answer('/pages', {
      body: {
        data: [
          { id: 'p1', name: 'One' },
          { id: 'p2', name: 'Two' },
        ],
      },
    });
    const old = await tokenOf(harness, first!);
    const { started, authorizationUrl, browser } = await harness.begin({});
    await browser.follow(harness.stub.consent(authorizationUrl));
    await harness.api('POST', `/v1/connect/${started.id}/accounts`, { json: { account_ids: ['p2'] } });
    const [second] = (await harness.flow(started.id)).connections;
    expect(await tokenOf(harness, first!)).toBe(await tokenOf(harness, second!));
    expect(await tokenOf(harness, first!)).not.toBe(old);
    expect((await harness.connection(first!.id)).data.token.generation).toBeGreaterThan(first!.token.generation);
  });
});

describe('a login beyond the number that a platform keeps', () => {
  it('puts the oldest in doubt', async () => {
    await using harness = await startProducts({
      consentEnds: { beyond: 2, ofSameScopes: true },
      refresh: { supported: false },
    });
    const connected: ConnectionBody[] = [];
    for (const owner of ['owner-1', 'owner-2', 'owner-3']) {
      connected.push(...(await login(harness, { owner })));
      // One with other scopes does not count.
      if (owner === 'owner-1') await login(harness, { provider: 'acme-pages' });
      pass(harness, 2);
    }
    const tokens = await Promise.all(connected.map((one) => tokenOf(harness, one)));
    pass(harness);
    await soon(async () => expect(questionsAbout(harness, tokens[0]!)).toBe(2));
    expect(tokens.map((token) => questionsAbout(harness, token))).toEqual([2, 1, 1]);
  });
});

describe('the page before a login', () => {
  const open = async (harness: Harness, input: Record<string, unknown>) => {
    const { data } = await harness.start({ skip_confirmation: false, ...input });
    return { page: await harness.browser().get(data.url), url: data.url };
  };

  it('names the connections that it may end, of this owner only', async () => {
    await using harness = await startProducts(mortal);
    await login(harness, {});
    await login(harness, { owner: 'another-owner' }, 'bob');
    const { page } = await open(harness, { provider: 'acme-pages' });
    expect(page.body).toContain('these connections end');
    expect(page.body).toContain('Acme: Alice Adams');
    expect(page.body).not.toContain('Bob Brown');
    expect((await open(harness, {})).page.body).not.toContain('these connections end');
    expect((await open(harness, { provider: 'acme-pages', owner: 'a-third' })).page.body).not.toContain(
      'connections end',
    );
  });

  it('warns as well where the person chooses the platform, and then goes on', async () => {
    await using harness = await startProducts(mortal);
    await login(harness, {});
    const { data } = await harness.start({ skip_confirmation: false, provider: undefined });
    const browser = harness.browser();
    await browser.get(data.url);
    const warned = await browser.post(data.url, { provider: 'acme-pages' });
    expect(warned).toMatchObject({ status: 200, body: expect.stringContaining('Acme: Alice Adams') });
    expect((await browser.post(data.url, {})).location).toMatch(/\/authorize\?/);
  });
});

describe('an operator whose providers are at odds', () => {
  const warningsOf = async (harness: Harness, id: string) =>
    (await harness.api<{ warnings: string[]; traits: object }>('GET', `/v1/providers/${id}`)).data;

  it('is told at the start and with each of them', async () => {
    await using harness = await startProducts(mortal);
    const said = 'acme and acme-pages use one app with different scopes';
    expect(harness.logLines.join('')).toContain(said);
    for (const id of ['acme', 'acme-pages']) {
      expect(await warningsOf(harness, id)).toMatchObject({
        warnings: [expect.stringContaining(said)],
        traits: { consent_ends: 'other_scopes' },
      });
    }
    expect(await warningsOf(harness, 'youtube')).toMatchObject({ warnings: [], traits: { consent_ends: 'oldest' } });
    expect(await warningsOf(harness, 'x')).toMatchObject({ warnings: [], traits: { consent_ends: 'nothing' } });
    await using alike = await startProducts(mortal, undefined, { scopes: ['pages', 'read', 'write'] });
    expect(alike.logLines.join('')).not.toContain('one app with different scopes');
  });
});

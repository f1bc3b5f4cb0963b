import { describe, expect, it, onTestFinished } from 'vitest';
import { isEvergrantError } from '../errors/index.ts';
import { createEvergrant } from '../evergrant.ts';
import type { ProviderDefinition } from '../providers/define.ts';
import { builtinPlatforms } from '../sandbox/builtin.ts';
import { sandboxPlatform } from '../sandbox/sandbox-provider.ts';
import type { Decision, SandboxPlatform } from '../sandbox/types.ts';
import { startPlatforms } from './platforms.ts';

const minute = 60_000;

const setUp = async (source: string | SandboxPlatform, provider = source as string) => {
  const platforms = await startPlatforms([source]);
  const { clock, providers } = platforms;
  const evergrant = await createEvergrant(
    { database: 'sqlite::memory:', publicUrl: 'http://localhost:3000', engine: 'none', providers },
    { clock },
  );
  onTestFinished(async () => {
    await evergrant.close();
    await platforms.close();
  });
  const connect = (decision?: Decision) => platforms.connect(evergrant, { provider, owner: 'user_42' }, decision);
  const connected = async (decision?: Decision) => (await connect(decision)).connections[0]!;
  return { platforms, evergrant, connect, connected, control: platforms.control(provider) };
};

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => (isEvergrantError(error) ? error.code : String(error)),
  );

describe.each(builtinPlatforms())('the simulated %s', (id) => {
  it('is used like the platform, from the link to a connection', async () => {
    const { connect, control } = await setUp(id);
    const flow = await connect({ name: 'Grace Sample' });
    expect(flow).toMatchObject({ status: 'connected', error: null });
    expect(flow.connections[0]).toMatchObject({ provider: id, status: 'active', scopes: { missing: [] } });
    expect(control.tokenRequests().exchange).toBe(1);
  });
});

describe('faults on demand', () => {
  it('lets a token run out by the clock, and renews at the next read', async () => {
    const { platforms, evergrant, connected, control } = await setUp('x');
    const { id } = await connected();
    const first = await evergrant.getAccessToken(id);
    // Two hours, as X has it, without the margin for clocks that differ.
    const minutes = (Date.parse(first.expiresAt!) - platforms.clock.now()) / minute;
    expect(minutes).toBeGreaterThan(119);
    expect(minutes).toBeLessThanOrEqual(119.5);
    platforms.clock.advance(119 * minute);
    const next = await evergrant.getAccessToken(id, { minValid: 300 });
    expect(next.accessToken).not.toBe(first.accessToken);
    expect(control.tokenRequests().refresh).toBe(1);
  });

  it('lets tokens run out before their time: the call is answered all the same', async () => {
    const { evergrant, connected, control } = await setUp('x');
    const { id } = await connected();
    expect(control.expire()).toBe(1);
    expect((await evergrant.fetch(id, '/2/users/me')).status).toBe(200);
    expect(control.tokenRequests().refresh).toBe(1);
    expect(control.expire('Ada Example', 'refresh')).toBe(1);
    expect(await codeOf(evergrant.refresh(id))).toBe('reauth_required');
  });

  it('knows whose grant to end, and ends nobody else’s', async () => {
    const { evergrant, connected, control } = await setUp('x');
    const [ada, grace] = [await connected(), await connected({ name: 'Grace Sample' })];
    expect(control.revokeGrant('Grace Sample')).toBe(1);
    expect(await codeOf(evergrant.refresh(grace.id))).toBe('reauth_required');
    expect(await codeOf(evergrant.refresh(ada.id))).toBeNull();
  });

  it('limits for a time, and tells for how long', async () => {
    const { platforms, evergrant, connected, control } = await setUp('linkedin');
    const { id } = await connected();
    control.rateLimit(90);
    const error = await evergrant.refresh(id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'provider_rate_limited', retryAfter: 90 });
    const answer = await evergrant.fetch(id, '/v2/userinfo');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '90']);
    platforms.clock.advance(91_000);
    expect(await codeOf(evergrant.refresh(id))).toBeNull();
  });

  it('is down and comes back, and forgets every fault at once', async () => {
    const { evergrant, connect, connected, control } = await setUp('x');
    const { id } = await connected();
    control.outage(true);
    control.rateLimit(3600);
    control.behave({ withheldScopes: ['tweet.write'] });
    expect(await codeOf(evergrant.refresh(id))).toBe('provider_unavailable');
    control.restore();
    expect((await connect()).connections[0]).toMatchObject({ status: 'active' });
  });

  it('grants fewer scopes, by the person’s will or the platform’s', async () => {
    const { connected, control } = await setUp('x');
    const narrow = { scopes: ['tweet.read', 'users.read', 'offline.access'] };
    expect(await connected(narrow)).toMatchObject({ status: 'limited', scopes: { missing: ['tweet.write'] } });
    control.behave({ withheldScopes: ['users.read'] });
    expect(await connected()).toMatchObject({ status: 'limited', scopes: { missing: ['users.read'] } });
  });

  it('ends the flow of a person who declines', async () => {
    const { connect } = await setUp('bluesky');
    expect(await connect({ deny: true })).toMatchObject({ status: 'failed', error: { code: 'consent_denied' } });
  });

  it('connects those accounts that are named', async () => {
    const { connect } = await setUp('facebook');
    const [page] = (await connect()).connections;
    const named = await connect({ accounts: [page!.account.id] });
    expect(named.connections.map(({ account }) => account.id)).toEqual([page!.account.id]);
  });
});

describe('a platform of one’s own', () => {
  const { definition, fixture } = sandboxPlatform as SandboxPlatform<ProviderDefinition>;
  const acme = { ...definition, id: 'acme', name: 'Acme' };

  it('is played from its definition and fixture', async () => {
    const { connected, evergrant } = await setUp(
      { definition: acme, fixture: { ...fixture, provider: 'acme' } },
      'acme',
    );
    const { id } = await connected();
    expect((await evergrant.refresh(id)).token.generation).toBe(2);
  });

  it('must be playable, and an id must be built in', async () => {
    const unplayable = { ...acme, protocol: { ...acme.protocol, tokenEndpoint: undefined } };
    await expect(startPlatforms([{ definition: unplayable, fixture }])).rejects.toMatchObject({
      code: 'definition_invalid',
    });
    await expect(startPlatforms(['acme'])).rejects.toMatchObject({ code: 'provider_unknown' });
  });
});

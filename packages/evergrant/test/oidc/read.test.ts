import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ConnectionBody, expectBody } from '../support/api.ts';
import { connectAccount, createOidcWorld, type OidcWorld } from '../support/oidc.ts';
import { until } from '../support/wait.ts';

const hasExpired = async ({ token }: ConnectionBody): Promise<void> => {
  await pause(Math.max(0, Date.parse(token.expires_at!) - Date.now()) + 20);
};

describe('reading a token', () => {
  let world: OidcWorld;

  beforeAll(async () => {
    world = await createOidcWorld('discovered');
    await world.installation.start();
  });
  afterAll(() => world.dispose());
  beforeEach(() => world.server.behave({ accessTokenSeconds: 600, tokenDelayMs: 0 }));

  const refreshes = async () => (await world.server.facts()).requests['refresh_token'] ?? 0;

  /** A connection whose token lives so long, while the next ones live ten minutes. */
  const connectFor = async (seconds: number, login: string): Promise<ConnectionBody> => {
    await world.server.behave({ accessTokenSeconds: seconds });
    const connection = await connectAccount(world.installation, { login });
    await world.server.behave({ accessTokenSeconds: 600 });
    return connection;
  };

  test('sends one refresh for 50 parallel reads of an expired token', async () => {
    const { api } = world.installation;
    const connection = await connectFor(2, 'ada');
    const old = expectBody(await api.token(connection.id));
    await hasExpired(connection);
    await world.server.behave({ tokenDelayMs: 300 });
    const sent = await refreshes();

    const answers = await Promise.all(Array.from({ length: 50 }, () => api.token(connection.id)));
    const tokens = answers.map(expectBody);
    expect(await refreshes()).toBe(sent + 1);
    expect(new Set(tokens.map((token) => token.access_token)).size).toBe(1);
    expect(tokens[0]).toMatchObject({ generation: 2 });
    expect(tokens[0]!.access_token).not.toBe(old.access_token);
    expect((await world.server.userinfo(tokens[0]!.access_token)).status).toBe(200);
  });

  test('finishes a refresh whose caller has left', async () => {
    const { api } = world.installation;
    const connection = await connectFor(2, 'grace');
    await hasExpired(connection);
    await world.server.behave({ tokenDelayMs: 600 });
    const sent = await refreshes();

    const leaving = new AbortController();
    const read = api.token(connection.id, { signal: leaving.signal });
    await until('the refresh', async () => (await refreshes()) > sent);
    leaving.abort();
    await expect(read).rejects.toThrow();

    await until('the commit', async () => expectBody(await api.connection(connection.id)).token.generation === 2);
    const token = expectBody(await api.token(connection.id));
    expect((await world.server.userinfo(token.access_token)).status).toBe(200);
    expect(await refreshes()).toBe(sent + 1);
  });

  test('hands out a token that still lives when an early refresh fails', async () => {
    const { api } = world.installation;
    const connection = await connectFor(20, 'barbara');
    const before = expectBody(await api.token(connection.id));
    // Of 20 seconds, two are the safety margin: a moment later, 17 are more than is left.
    await until('less than 17 seconds of life', () => Date.parse(before.expires_at!) - Date.now() < 16_900);
    await world.server.down();
    try {
      for (let read = 0; read < 3; read++) {
        expect(expectBody(await api.token(connection.id, { minValid: 17 }))).toEqual(before);
      }
      expect(expectBody(await api.connection(connection.id))).toMatchObject({
        status: 'active',
        last_error: { code: 'provider_unavailable' },
      });
    } finally {
      await world.server.up();
    }
    expect(expectBody(await api.refresh(connection.id))).toMatchObject({ last_error: null, token: { generation: 2 } });
  });

  test('never hands out an expired token, says why, and recovers by itself', async () => {
    const { api } = world.installation;
    const connection = await connectFor(2, 'katherine');
    await hasExpired(connection);
    await world.server.down();
    try {
      const answers = await Promise.all(Array.from({ length: 10 }, () => api.token(connection.id)));
      for (const { status, problem, headers } of answers) {
        expect(status).toBe(503);
        expect(problem).toMatchObject({ code: 'provider_unavailable', actor: 'provider', retryable: true });
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect(expectBody(await api.connection(connection.id))).toMatchObject({
        status: 'degraded',
        last_error: { code: 'provider_unavailable' },
      });
    } finally {
      await world.server.up();
    }

    // Nobody reads from here on.
    const recovered = await until(
      'the recovery',
      async () => {
        const current = expectBody(await api.connection(connection.id));
        return current.status === 'active' ? current : null;
      },
      { within: 60_000, every: 100 },
    );
    expect(recovered).toMatchObject({ last_error: null, token: { generation: 2 } });
    expect((await world.server.userinfo(expectBody(await api.token(connection.id)).access_token)).status).toBe(200);
    const { data } = expectBody(await api.events(connection.id));
    const count = (type: string) => data.filter((event) => event.type === type).length;
    expect([count('connection.degraded'), count('connection.recovered')]).toEqual([1, 1]);
  });
});

import { describe, expect, it } from 'vitest';
import { type Harness, itKeepsSecrets, startHarness } from './support.ts';

const limitedTo = (rateLimits: string[], more: object = {}) => startHarness({ config: { rateLimits, ...more } });

/** Makes the same request until it is told to wait. */
const burst = async (most: number, request: () => Promise<{ status: number; headers: object }>) => {
  for (let made = 1; made <= most; made++) {
    const answer = await request();
    if (answer.status === 429) return { made, answer };
  }
  throw new Error(`${most} requests were all let through`);
};

const audited = ({ logLines }: Harness) =>
  logLines.map((line) => JSON.parse(line) as { audit?: string }).filter(({ audit }) => audit !== undefined);

describe('limits of our own', () => {
  const told = {
    status: 429,
    headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) },
    data: { code: 'rate_limited', retryable: true },
  };

  it('A09 flows that one key begins', async () => {
    await using harness = await limitedTo(['flow_start=0.8']);
    const { made, answer } = await burst(9, () => harness.start());
    expect(made).toBe(5);
    expect(answer).toMatchObject(told);
    harness.clock.advance(2000);
    expect((await harness.start()).status).toBe(201);
  });

  it('A09 tokens that one key reads; other keys go on', async () => {
    await using harness = await limitedTo(['token_read=1']);
    const { connection } = await harness.connect();
    const { made, answer } = await burst(9, () => harness.token(connection.id));
    expect(made).toBe(6);
    expect(answer).toMatchObject(told);
    const { data } = await harness.api<{ key: string }>('POST', '/v1/keys', {
      json: { name: 'other', permissions: ['tokens:read'] },
    });
    harness.canaries.add('API key', data.key);
    expect(await harness.api('GET', `/v1/connections/${connection.id}/token`, { key: data.key })).toMatchObject({
      status: 200,
    });
  });

  it('A09 wrong credentials from one address, and not right ones', async () => {
    await using harness = await limitedTo(['sign_in=1']);
    const { made, answer } = await burst(9, () => harness.api('GET', '/v1/connections', { key: 'eg_wrong' }));
    expect(made).toBe(6);
    expect(answer).toMatchObject(told);
    expect(await harness.api('GET', '/v1/connections')).toMatchObject({ status: 200 });
  });

  it('A09 callbacks and connect pages from one address', async () => {
    await using harness = await limitedTo(['callback=1']);
    const path = '/integrations/social/acme?code=x&state=y';
    const { made, answer } = await burst(9, () => harness.api('GET', path, { key: null }));
    expect(made).toBe(6);
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': expect.any(String) } });
    expect(await harness.api('GET', '/connect/nothing', { key: null })).toMatchObject({ status: 429 });
  });

  it('A09 C15 a forged X-Forwarded-For opens no further bucket, that of a trusted proxy does', async () => {
    const visit = (harness: Harness, address: string) =>
      harness.api('GET', '/connect/nothing', { key: null, headers: { 'x-forwarded-for': address } });
    await using strict = await limitedTo(['callback=1']);
    let last = 0;
    await burst(9, () => visit(strict, `198.51.100.${++last}`));
    await using behindProxy = await limitedTo(['callback=1'], { trustedProxies: ['127.0.0.1'] });
    for (let host = 1; host <= 9; host++) {
      expect((await visit(behindProxy, `198.51.100.${host}`)).status).not.toBe(429);
    }
    expect((await burst(9, () => visit(behindProxy, '203.0.113.1'))).made).toBe(6);
  });
});

describe('the audit', () => {
  it('L03 names who did what to which object, in UTC, without a secret', async () => {
    await using harness = await startHarness();
    const { connection, flow } = await harness.connect();
    const made = await harness.api<{ id: string; key: string }>('POST', '/v1/keys', {
      json: { name: 'reader', permissions: ['connections:write', 'tokens:read', 'calls:write'] },
    });
    const { id: actor, key } = made.data;
    harness.canaries.add('API key', key);
    const path = `/v1/connections/${connection.id}`;
    for (let turn = 0; turn < 3; turn++) await harness.api('GET', `${path}/token`, { key });
    await harness.api('GET', `${path}/api/me`, { key });
    await harness.api('POST', `${path}/refresh`, { key });
    await harness.api('PATCH', path, { key, json: { metadata: {} } });
    await harness.api('DELETE', path, { key });
    await harness.api('DELETE', `/v1/keys/${actor}`);
    harness.clock.advance(10_000);
    const object = connection.id;
    expect(audited(harness)).toEqual(
      [
        { audit: 'flow.start', actor: 'bootstrap', object: flow.id, owner: 'owner-1' },
        { audit: 'key.create', actor: 'bootstrap', object: actor },
        { audit: 'connection.refresh', actor, object },
        { audit: 'connection.update', actor, object },
        { audit: 'connection.disconnect', actor, object },
        { audit: 'key.revoke', actor: 'bootstrap', object: actor },
        { audit: 'token.read', actor, object, count: 3 },
        { audit: 'connection.call', actor, object, count: 1 },
      ].map((entry) => expect.objectContaining({ ...entry, time: expect.stringMatching(/Z$/) })),
    );
  });

  it('L03 is whole when the service stops', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    await harness.token(connection.id);
    await harness.restart();
    expect(audited(harness)).toContainEqual(expect.objectContaining({ audit: 'token.read', count: 1 }));
  });
});

itKeepsSecrets();

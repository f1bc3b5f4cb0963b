import { describe, expect, it } from 'vitest';
import { setUpSandbox } from './test-client.ts';

describe('rotation', () => {
  it('accepts a used token within the grace window, however often, and not after it', async () => {
    const { client, control, clock } = await setUpSandbox();
    control.behave({ graceSeconds: 30 });
    const tokens = await client.connect();
    expect((await client.renew(tokens)).status).toBe(200);
    clock.advance(29);
    expect((await client.renew(tokens)).status).toBe(200);
    clock.advance(1);
    expect(control.chain(tokens.refreshToken!)).toBe(false);
    expect((await client.renew(tokens)).status).toBe(400);
  });

  it('leaves the newest token alone where reuse does not revoke', async () => {
    const { client, control } = await setUpSandbox();
    control.behave({ reuseRevokes: false });
    const first = await client.connect();
    const second = await client.read(await client.renew(first), first);
    expect((await client.renew(first)).status).toBe(400);
    expect(control.chain(second.refreshToken!)).toBe(true);
  });

  it('keeps the token with `never`, and changes it every second time with `sometimes`', async () => {
    const { client, control } = await setUpSandbox();
    control.behave({ rotates: 'never' });
    const tokens = await client.connect();
    const kept = await client.read(await client.renew(tokens), tokens);
    expect(kept.refreshToken).toBe(tokens.refreshToken);
    control.behave({ rotates: 'sometimes' });
    const second = await client.read(await client.renew(kept), kept);
    const third = await client.read(await client.renew(second), second);
    expect([second.refreshToken === kept.refreshToken, third.refreshToken === second.refreshToken]).toEqual([
      false,
      true,
    ]);
  });

  it('gives no refresh token where offline access was unticked, or the app gets none', async () => {
    const { client, control } = await setUpSandbox();
    expect((await client.connect({ scopes: ['profile'] })).refreshToken).toBeNull();
    control.behave({ refreshTokens: false });
    expect((await client.connect()).refreshToken).toBeNull();
  });

  it('lets refresh tokens run out when they are given a life', async () => {
    const { client, control, clock } = await setUpSandbox(undefined, {
      lifetimes: { accessToken: 10, refreshToken: 100 },
    });
    const tokens = await client.connect();
    expect(tokens.expiresIn).toBe(10);
    clock.advance(100);
    expect(control.chain(tokens.refreshToken!)).toBe(false);
    expect((await client.renew(tokens)).status).toBe(400);
  });
});

describe('control', () => {
  it('replaces answers without acting on the request', async () => {
    const { client, control } = await setUpSandbox();
    const tokens = await client.connect();
    control.answerNext({ status: 429, body: { error: 'slow_down' }, headers: { 'retry-after': '7' }, times: 2 });
    for (let times = 0; times < 2; times++) {
      const answer = await client.renew(tokens);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
    }
    expect((await client.renew(tokens)).status).toBe(200);
  });

  it('cuts the connection, and can lose the answer to a rotation that happened', async () => {
    const { client, control } = await setUpSandbox();
    const tokens = await client.connect();
    control.answerNext({ fault: 'reset' }, { fault: 'reset', processed: true });
    await expect(client.renew(tokens)).rejects.toThrow();
    expect(control.chain(tokens.refreshToken!)).toBe(true);
    await expect(client.renew(tokens)).rejects.toThrow();
    expect(control.chain(tokens.refreshToken!)).toBe(false);
    expect(
      control
        .log()
        .map(({ outcome }) => outcome)
        .slice(-2),
    ).toEqual(['reset', 'reset']);
  });

  it('hangs until the client gives up', async () => {
    const { client, control } = await setUpSandbox();
    control.answerNext({ endpoint: 'api', fault: 'hang' });
    const answer = fetch(client.reroute('https://platform.example/me'), { signal: AbortSignal.timeout(50) });
    await expect(answer).rejects.toThrow(/timeout/i);
    expect(control.log().at(-1)).toMatchObject({ endpoint: 'api', outcome: 'hang' });
  });

  it('holds an answer back on the clock', async () => {
    const { client, control, clock } = await setUpSandbox();
    const tokens = await client.connect();
    control.answerNext({ delayMs: 5000 });
    const answer = client.renew(tokens);
    await expect.poll(clock.waiting).toBe(1);
    clock.advance(5);
    expect((await answer).status).toBe(200);
  });

  it('plays an outage, during which nothing is acted on', async () => {
    const { client, control } = await setUpSandbox();
    const tokens = await client.connect();
    control.outage(true);
    expect((await client.renew(tokens)).status).toBe(503);
    control.outage(false);
    expect((await client.renew(tokens)).status).toBe(200);
  });
});

import { describe, expect, it } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import { connectDue, goOn, held, readAnswersBy, sendDue, silence } from './renewing.test-support.ts';
import { createScene, day, hour, minute, passUntil, refusal, second, unavailable } from './scene.test-support.ts';
import { leaseDuration } from './timing.ts';

describe('a failure that passes', () => {
  it('is told once, and forgotten with the first success', async () => {
    const scene = await createScene();
    const { grantId, connectionId } = await connectDue(scene);
    scene.answerNext(unavailable, unavailable, unavailable);
    await goOn(scene, 5 * minute);
    expect(scene.presented).toHaveLength(4);
    expect(await scene.grant(grantId)).toMatchObject({
      status: 'active',
      generation: 2,
      fail_count: 0,
      failing_since: null,
      last_error: null,
    });
    expect(await scene.row(grantId)).toMatchObject({ retry_at: null, mark_id: null, doubt_since: null });
    expect(await scene.eventTypes(connectionId)).toEqual(['connection.refresh_failed', 'connection.refreshed']);
  });

  it('makes the pauses longer, to a minute at most', async () => {
    const scene = await createScene({ random: () => 1 });
    const { grantId } = await connectDue(scene, { lifetime: 10 * hour });
    scene.behaves = unavailable;
    const pauses: number[] = [];
    for (let round = 0; round < 7; round++) {
      await scene.renewDue();
      const { due_at, retry_at } = await scene.row(grantId);
      expect(retry_at).toBe(due_at);
      pauses.push((due_at! - scene.clock.now()) / second);
      await scene.advanceToDue(grantId);
    }
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60, 60]);
  });

  it('makes a reader wait for its pause, but not a person who asks', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    scene.answerNext(unavailable);
    await scene.renewDue();
    expect(await scene.renewals.renew(grantId, 'reader')).toMatchObject({
      kind: 'waiting',
      error: { code: 'provider_unavailable' },
    });
    expect(await scene.renewals.renew(grantId, 'person')).toEqual({ kind: 'renewed' });
  });

  it('degrades the connection when its token runs out, once, and the way back is told', async () => {
    const scene = await createScene();
    const { grantId, connectionId } = await connectDue(scene);
    scene.behaves = unavailable;
    await goOn(scene, hour);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', degraded_at: expect.any(Number) });
    scene.behaves = async (token) => scene.platform.present(token);
    await goOn(scene, minute);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', degraded_at: null, generation: 2 });
    expect(await scene.eventTypes(connectionId)).toEqual([
      'connection.refresh_failed',
      'connection.degraded',
      'connection.refreshed',
      'connection.recovered',
    ]);
  });

  it('is not the platform’s, and told to nobody, when this process came too late to send', async () => {
    const scene = await createScene();
    const connected = [];
    for (let serial = 0; serial < 25; serial++) connected.push(await scene.connect());
    scene.clock.advance(hour);
    await scene.renewals.beginDue(100, () => {});
    // The process stood still between its claims and the requests.
    scene.clock.advance(leaseDuration - second);
    await scene.renewals.idle();
    expect(scene.presented).toHaveLength(0);
    expect((await scene.gate())?.blocked_by ?? null).toBeNull();
    for (const { grantId, connectionId } of connected) {
      expect(await scene.grant(grantId)).toMatchObject({ fail_count: 0, failing_since: null });
      expect(await scene.row(grantId)).toMatchObject({ mark_id: null, lease_until: null });
      expect(await scene.eventTypes(connectionId)).toEqual([]);
    }
    await goOn(scene, minute);
    for (const { grantId } of connected) expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
  });

  it.each([
    ['a year', 365 * 24 * 3600],
    ['a time since the epoch', 1_790_000_000],
    ['more than any clock holds', 1e20],
  ])('is tried again within a day, when the platform asks for %s', async (_, retryAfter) => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    readAnswersBy(scene, async () => ({
      kind: 'not_processed',
      error: new EvergrantError('provider_rate_limited', { retryAfter }),
    }));
    await scene.renewDue();
    const { due_at, retry_at } = await scene.row(grantId);
    expect(due_at! - scene.clock.now()).toBe(day);
    expect(retry_at).toBe(due_at);
  });

  it('is tried again before the end of what can be renewed, whatever pause the platform asks for', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene, { refreshExpiresAt: scene.clock.now() + 3 * hour });
    const { deadline_at } = await scene.row(grantId);
    readAnswersBy(scene, async () => ({
      kind: 'not_processed',
      error: new EvergrantError('provider_rate_limited', { retryAfter: 6 * 3600 }),
    }));
    let tries = 0;
    while (scene.clock.now() < deadline_at! - minute) {
      await scene.advanceToDue(grantId);
      await scene.renewDue();
      tries++;
    }
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(40);
  });

  it('ends nothing, however long it lasts', async () => {
    const scene = await createScene({ random: () => 1 });
    const { grantId, connectionId } = await connectDue(scene);
    scene.behaves = unavailable;
    for (let round = 0; round < 60 * 8; round++) {
      await scene.renewDue();
      scene.clock.advance(minute);
    }
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active' });
    expect(await scene.eventTypes(connectionId)).toHaveLength(2);
    scene.behaves = async (token) => scene.platform.present(token);
    await goOn(scene, minute);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', degraded_at: null });
  });
});

describe('a refusal', () => {
  it('ends the grant, once, with its reason', async () => {
    const scene = await createScene();
    const { grantId, connectionId, refreshToken } = await connectDue(scene);
    scene.platform.revoke(refreshToken);
    await goOn(scene, 2 * minute);
    expect(scene.presented).toHaveLength(1);
    expect(await scene.grant(grantId)).toMatchObject({
      status: 'reauth_required',
      reason: 'revoked_or_expired',
      degraded_at: null,
    });
    expect(await scene.row(grantId)).toMatchObject({ due_at: null, retry_at: null, mark_id: null, lease_until: null });
    expect(await scene.events(connectionId)).toMatchObject([
      { type: 'connection.reauth_required', data: { reason: 'revoked_or_expired' } },
    ]);
    await expect(scene.read(connectionId)).rejects.toMatchObject({
      code: 'reauth_required',
      extensions: { reason: 'revoked_or_expired' },
    });
    expect(await scene.renewals.renew(grantId, 'person')).toEqual({ kind: 'gone' });
  });

  it('is told as an end where the platform said before when it would be', async () => {
    const scene = await createScene({
      knobs: { rotates: false, lifetime: day },
      refresh: { lifetime: { fixed: 20 * 86_400 } },
    });
    const { grantId, connectionId } = await scene.connect({ refreshExpiresAt: scene.clock.now() + 20 * hour });
    scene.clock.advance(20 * hour);
    scene.behaves = refusal;
    await scene.renewDue();
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required', reason: 'expired' });
    expect(await scene.events(connectionId)).toMatchObject([{ data: { reason: 'expired' } }]);
  });

  it('keeps the finer reason that the platform gave', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    const protocol = scene.context.apps.protocol(scene.app);
    const before = { ...protocol };
    protocol.read = async (...input) => {
      const verdict = await before.read(...input);
      if (verdict.kind !== 'rejected') return verdict;
      return {
        kind: 'rejected',
        error: new EvergrantError('reauth_required', { extensions: { reason: 'password_changed' } }),
      };
    };
    scene.answerNext(refusal);
    await scene.renewDue();
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required', reason: 'password_changed' });
  });

  it('of a token that a late answer has replaced meanwhile is no end either', async () => {
    const scene = await createScene({ knobs: { reuseRevokes: false } });
    const { grantId } = await connectDue(scene);
    const late = held(scene);
    const { promise: later, resolve: refuse } = Promise.withResolvers<void>();
    scene.answerNext(late.send, async () => {
      await later;
      return refusal;
    });
    await sendDue(scene);
    scene.clock.advance(leaseDuration);
    const other = scene.startNode('two');
    const renewal = other.renewals.renew(grantId, 'reader');
    await passUntil(scene.clock, () => scene.presented.length === 2, { step: 0 });
    late.release();
    await scene.renewals.idle();
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
    refuse();
    expect(await renewal).toEqual({ kind: 'superseded' });
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 2 });
    expect((await scene.tokens(grantId)).current).toBe(late.tokens[0]);
    const { mark_id, lease_until, due_at } = await scene.row(grantId);
    expect({ mark_id, lease_until }).toEqual({ mark_id: null, lease_until: null });
    expect(due_at).toBeGreaterThan(scene.clock.now() + 30 * minute);
  });

  it('of a token that another answer has replaced is no end', async () => {
    const scene = await createScene({ knobs: { reuseRevokes: false } });
    const { grantId } = await connectDue(scene);
    const { promise: later, resolve: refuse } = Promise.withResolvers<void>();
    scene.answerNext(async () => {
      await later;
      return refusal;
    });
    await sendDue(scene);
    scene.clock.advance(leaseDuration);
    const other = scene.startNode('two');
    expect(await other.renewals.renew(grantId, 'reader')).toEqual({ kind: 'renewed' });
    refuse();
    await scene.renewals.idle();
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 2 });
  });
});

describe('the end of what can be renewed', () => {
  it('ends no grant whose last attempt has an unknown outcome: its answer may still come', async () => {
    const scene = await createScene({ knobs: { reuseRevokes: false } });
    const { grantId } = await connectDue(scene, { refreshExpiresAt: scene.clock.now() + hour });
    scene.clock.advance(hour);
    scene.answerNext(silence(scene, 'nothing happens'), unavailable);
    await scene.renewDue();
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active' });
    expect(await scene.row(grantId)).toMatchObject({ mark_id: expect.any(String) });
    await scene.advanceToDue(grantId);
    await scene.renewDue();
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required', reason: 'expired' });
  });
});

describe('a token that renews itself', () => {
  it('is tried until its end, and then has expired', async () => {
    const scene = await createScene({ selfRefreshing: true });
    const { grantId } = await connectDue(scene, { refreshToken: null, lifetime: 12 * hour });
    scene.behaves = unavailable;
    for (let passed = 0; passed < 12 * hour; passed += minute) {
      await scene.renewDue();
      scene.clock.advance(minute);
    }
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required', reason: 'expired' });
    expect(scene.presented.length).toBeGreaterThan(6 * 60 * 0.9);
  });
});

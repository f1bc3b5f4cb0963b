import { describe, expect, it } from 'vitest';
import { TransportError } from '../egress/types.ts';
import { EvergrantError } from '../errors/index.ts';
import type { RawAnswer } from '../protocols/types.ts';
import { grants, schedule } from '../store/index.ts';
import { gateKey } from './gate.ts';
import {
  createScene,
  day,
  hour,
  minute,
  passUntil,
  refusal,
  type Scene,
  second,
  unavailable,
} from './scene.test-support.ts';
import type { Send } from './test-support.ts';
import { leaseDuration } from './timing.ts';

/** The request goes out, the platform acts on it or not, and nothing comes back. */
const silence =
  (scene: Scene, acts: 'the platform acts' | 'nothing happens'): Send =>
  async (token) => {
    if (acts === 'the platform acts') scene.platform.present(token);
    throw new TransportError('unknown', 'connection reset');
  };

/** An answer that is made at once and held back. */
const held = (scene: Scene) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const tokens: string[] = [];
  const send: Send = async (token) => {
    const answer: RawAnswer = scene.platform.present(token);
    tokens.push((JSON.parse(answer.body) as { refresh_token: string }).refresh_token);
    await promise;
    return answer;
  };
  return { send, release: resolve, tokens };
};

const connectDue = async (scene: Scene, input: Parameters<Scene['connect']>[0] = {}) => {
  const connected = await scene.connect(input);
  await scene.advanceToDue(connected.grantId);
  return connected;
};

/** Renews whenever something is due, for so long. */
const goOn = async (scene: Scene, milliseconds: number): Promise<void> => {
  const until = scene.clock.now() + milliseconds;
  while (scene.clock.now() < until) {
    await scene.renewDue();
    const due = (await schedule.nextDue(scene.store.db, gateKey(scene.app))) ?? Infinity;
    // A second at least: what is due and cannot be claimed must not stop the clock.
    scene.clock.advance(Math.min(until, Math.max(due, scene.clock.now() + second)) - scene.clock.now());
  }
};

/** Begins what is due, and waits until so many requests have gone out. */
const sendDue = async (scene: Scene, sent = 1): Promise<void> => {
  await scene.renewals.beginDue(100, () => {});
  await passUntil(scene.clock, () => scene.presented.length === sent, { step: 0 });
};

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

describe('an answer that never came', () => {
  it('is not asked for again while a second use could revoke what lives', async () => {
    const scene = await createScene();
    const { grantId, connectionId } = await connectDue(scene);
    const { expires_at } = await scene.grant(grantId);
    scene.answerNext(silence(scene, 'nothing happens'));
    await goOn(scene, expires_at! - scene.clock.now() - second);
    expect(scene.presented).toHaveLength(1);
    expect(await scene.read(connectionId, 0)).toMatchObject({ generation: 1 });
    expect(await scene.renewals.renew(grantId, 'person')).toMatchObject({ kind: 'waiting' });
    await goOn(scene, 10 * second);
    expect(scene.presented).toHaveLength(2);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 2 });
    expect(await scene.row(grantId)).toMatchObject({ mark_id: null, doubt_since: null });
  });

  it('and had spent the token is a lost rotation, by name', async () => {
    const scene = await createScene();
    const { grantId, connectionId } = await connectDue(scene);
    scene.answerNext(silence(scene, 'the platform acts'));
    await goOn(scene, hour);
    expect(scene.presented).toHaveLength(2);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required', reason: 'lost_rotation' });
    expect((await scene.eventTypes(connectionId)).at(-1)).toBe('connection.reauth_required');
  });

  it('loses nothing within the platform’s grace', async () => {
    const scene = await createScene({ knobs: { grace: 10 * minute } });
    const { grantId, connectionId } = await connectDue(scene);
    scene.answerNext(silence(scene, 'the platform acts'));
    await goOn(scene, 2 * minute);
    expect(scene.presented).toHaveLength(2);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 2 });
    expect(await scene.eventTypes(connectionId)).toEqual(['connection.refresh_failed', 'connection.refreshed']);
    expect(scene.platform.accepts((await scene.tokens(grantId)).current!)).toBe(true);
  });

  it('leaves no doubt behind once a renewal succeeds', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    scene.answerNext(silence(scene, 'nothing happens'));
    await goOn(scene, hour);
    scene.platform.revoke((await scene.tokens(grantId)).current!);
    await goOn(scene, hour);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required', reason: 'revoked_or_expired' });
  });

  it('is no lost rotation where nothing rotates', async () => {
    const scene = await createScene({ knobs: { rotates: false } });
    const { grantId, refreshToken } = await connectDue(scene);
    scene.answerNext(silence(scene, 'the platform acts'));
    await scene.renewDue();
    scene.platform.revoke(refreshToken);
    await goOn(scene, 2 * minute);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required', reason: 'revoked_or_expired' });
  });
});

describe('an answer after its lease', () => {
  it('is stored where it is the only live token, also when the grant was given up', async () => {
    const scene = await createScene({ knobs: { reuseRevokes: false } });
    const { grantId, connectionId } = await connectDue(scene);
    const late = held(scene);
    scene.answerNext(late.send);
    await sendDue(scene);
    scene.clock.advance(leaseDuration);
    await scene.startNode('two').renewals.renew(grantId, 'reader');
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required', reason: 'lost_rotation' });

    late.release();
    await scene.renewals.idle();
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', reason: null, generation: 2 });
    expect((await scene.tokens(grantId)).current).toBe(late.tokens[0]);
    expect((await scene.eventTypes(connectionId)).at(-1)).toBe('connection.recovered');
    expect((await scene.row(grantId)).due_at).toBeGreaterThan(scene.clock.now());
  });

  it('is kept beside the stored token where there is grace, and tried when that is refused', async () => {
    const scene = await createScene({ knobs: { grace: 10 * minute } });
    const { grantId, connectionId } = await connectDue(scene);
    const late = held(scene);
    scene.answerNext(late.send);
    await sendDue(scene);
    scene.clock.advance(leaseDuration);
    await scene.startNode('two').renewals.renew(grantId, 'reader');
    const { current } = await scene.tokens(grantId);
    late.release();
    await scene.renewals.idle();
    expect(await scene.tokens(grantId)).toEqual({ current, candidate: late.tokens[0] });
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });

    const fresh = scene.platform.consent();
    scene.answerNext(refusal, async () => scene.platform.present(fresh));
    await scene.advanceToDue(grantId);
    await scene.renewDue();
    await scene.renewDue();
    expect(scene.presented.slice(-2)).toEqual([current, late.tokens[0]]);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 3 });
    expect((await scene.tokens(grantId)).candidate).toBeNull();
    expect(await scene.eventTypes(connectionId)).not.toContain('connection.reauth_required');
  });

  it('is the last hope: when it is refused too, the grant ends', async () => {
    const scene = await createScene({ knobs: { grace: 10 * minute } });
    const { grantId } = await connectDue(scene);
    const late = held(scene);
    scene.answerNext(late.send);
    await sendDue(scene);
    scene.clock.advance(leaseDuration);
    await scene.startNode('two').renewals.renew(grantId, 'reader');
    late.release();
    await scene.renewals.idle();
    scene.behaves = refusal;
    await goOn(scene, 2 * hour);
    expect(scene.presented).toHaveLength(4);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required' });
  });

  it('of a grant that is gone is revoked', async () => {
    const scene = await createScene();
    const { grantId, connectionId } = await connectDue(scene);
    const late = held(scene);
    scene.answerNext(late.send);
    await sendDue(scene);
    await scene.store.db.deleteFrom('connections').where('id', '=', connectionId).execute();
    await grants.remove(scene.store.db, grantId);
    late.release();
    await scene.renewals.idle();
    expect(await grants.byId(scene.store.db, grantId)).toBeUndefined();
    expect(await scene.store.db.selectFrom('revocations').selectAll().execute()).toHaveLength(1);
  });

  it('of an older consent touches nothing of the newer one', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    const late = held(scene);
    scene.answerNext(late.send);
    await sendDue(scene);
    await grants.update(scene.store.db, grantId, { consent: 2 });
    const before = await scene.tokens(grantId);
    late.release();
    await scene.renewals.idle();
    expect(await scene.tokens(grantId)).toEqual(before);
    expect(await scene.grant(grantId)).toMatchObject({ generation: 1, consent: 2 });
    expect(await scene.store.db.selectFrom('revocations').selectAll().execute()).toHaveLength(1);
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

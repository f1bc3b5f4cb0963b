import { describe, expect, it } from 'vitest';
import { connectDue, goOn, held, sendDue, silence } from './renewing.test-support.ts';
import {
  createScene,
  hour,
  minute,
  passUntil,
  refusal,
  type Scene,
  second,
  unavailable,
} from './scene.test-support.ts';
import { leaseDuration } from './timing.ts';

/*
 * At platforms that take a used refresh token once more for a while.
 */

const grace = 10 * minute;

/** A grant whose first answer is held back beyond its lease; what others do meanwhile comes next. */
const withLateAnswer = async (scene: Scene) => {
  const connected = await connectDue(scene);
  const late = held(scene);
  scene.answerNext(late.send);
  await sendDue(scene);
  scene.clock.advance(leaseDuration);
  const arrives = async () => {
    late.release();
    await scene.renewals.idle();
  };
  return { ...connected, late: { ...late, arrives }, other: scene.startNode('two') };
};

describe('an answer after its lease, where there is a grace', () => {
  it('is the token when nobody else has presented the old one since', async () => {
    const scene = await createScene({ knobs: { grace } });
    const { grantId, connectionId, late, other } = await withLateAnswer(scene);
    scene.answerNext(unavailable);
    await other.renewals.renew(grantId, 'reader');
    await late.arrives();
    expect(await scene.tokens(grantId)).toEqual({ current: late.tokens[0], candidate: null });
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2, last_error: null });
    expect(await scene.eventTypes(connectionId)).toEqual(['connection.refresh_failed', 'connection.refreshed']);
    // The old token is never presented again: its grace is over long before the next renewal.
    await goOn(scene, 3 * hour);
    expect(scene.presented.slice(2)).not.toContain(scene.presented[0]);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active' });
  });

  it('is kept beside a newer one, and tried when that is refused', async () => {
    const scene = await createScene({ knobs: { grace } });
    const { grantId, connectionId, late, other } = await withLateAnswer(scene);
    await other.renewals.renew(grantId, 'reader');
    const { current } = await scene.tokens(grantId);
    await late.arrives();
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

  it.each(['ends', 'forks'] as const)(
    'leaves what a lost attempt presented to be presented again: a repeat %s',
    async (repeat) => {
      const scene = await createScene({ knobs: { grace, repeat } });
      const { grantId, refreshToken, late, other } = await withLateAnswer(scene);
      scene.answerNext(silence(scene, 'the platform acts'));
      await other.renewals.renew(grantId, 'reader');
      await late.arrives();
      expect(await scene.tokens(grantId)).toEqual({ current: late.tokens[0], candidate: refreshToken });
      expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 2 });

      await goOn(scene, 2 * minute);
      expect(scene.presented).toEqual([refreshToken, refreshToken, refreshToken]);
      expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 3 });
      expect(scene.platform.accepts((await scene.tokens(grantId)).current!)).toBe(true);
      await goOn(scene, 3 * hour);
      expect(await scene.grant(grantId)).toMatchObject({ status: 'active' });
    },
  );

  it('is presented after the grace of that, once the access token has run out', async () => {
    const scene = await createScene({ knobs: { grace, repeat: 'forks' } });
    const { grantId, refreshToken, late, other } = await withLateAnswer(scene);
    scene.answerNext(silence(scene, 'the platform acts'));
    await other.renewals.renew(grantId, 'reader');
    await late.arrives();
    const { expires_at } = await scene.grant(grantId);
    // Counted from when the first of them may have spent it.
    scene.clock.advance(grace - leaseDuration);
    expect(await other.renewals.renew(grantId, 'person')).toMatchObject({ kind: 'waiting', until: expires_at });
    await goOn(scene, expires_at! - scene.clock.now() + 10 * second);
    expect(scene.presented).toEqual([refreshToken, refreshToken, late.tokens[0]]);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 3 });
  });

  it('is presented when that is refused', async () => {
    const scene = await createScene({ knobs: { grace, reuseRevokes: false } });
    const { grantId, refreshToken, late, other } = await withLateAnswer(scene);
    scene.answerNext(silence(scene, 'nothing happens'));
    await other.renewals.renew(grantId, 'reader');
    await late.arrives();
    scene.answerNext(refusal);
    await goOn(scene, 2 * minute);
    expect(scene.presented).toEqual([refreshToken, refreshToken, refreshToken, late.tokens[0]]);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 3 });
    expect((await scene.tokens(grantId)).candidate).toBeNull();
  });

  it.each(['first', 'last'] as const)(
    'is the token if its attempt is the newest, be it heard of %s',
    async (newest) => {
      const scene = await createScene({ knobs: { grace } });
      const { grantId, refreshToken, late, other } = await withLateAnswer(scene);
      const newer = held(scene);
      scene.answerNext(newer.send, silence(scene, 'nothing happens'));
      void other.renewals.renew(grantId, 'reader');
      await passUntil(scene.clock, () => newer.tokens.length === 1, { step: 0 });
      scene.clock.advance(leaseDuration);
      await scene.startNode('three').renewals.renew(grantId, 'reader');
      const arrivals = [
        late.arrives,
        async () => {
          newer.release();
          await other.renewals.idle();
        },
      ];
      for (const arrive of newest === 'last' ? arrivals : arrivals.toReversed()) await arrive();
      expect(await scene.tokens(grantId)).toEqual({ current: newer.tokens[0], candidate: refreshToken });
      await goOn(scene, 3 * hour);
      expect(await scene.grant(grantId)).toMatchObject({ status: 'active' });
    },
  );

  it('brings back a grant that was given up', async () => {
    const scene = await createScene({ knobs: { grace: 10 * minute, reuseRevokes: false } });
    const { grantId, connectionId } = await connectDue(scene);
    const late = held(scene);
    scene.answerNext(late.send);
    await sendDue(scene);
    scene.clock.advance(11 * minute);
    await scene.startNode('two').renewals.renew(grantId, 'reader');
    expect(await scene.grant(grantId)).toMatchObject({ status: 'reauth_required', reason: 'lost_rotation' });

    late.release();
    await scene.renewals.idle();
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', reason: null, candidate_sealed: null });
    expect((await scene.tokens(grantId)).current).toBe(late.tokens[0]);
    expect((await scene.eventTypes(connectionId)).at(-1)).toBe('connection.recovered');
    await scene.advanceToDue(grantId);
    await scene.renewDue();
    expect(scene.presented.at(-1)).toBe(late.tokens[0]);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 3 });
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
});

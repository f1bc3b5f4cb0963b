import { describe, expect, it } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import { grants } from '../store/index.ts';
import { sealGrant } from './credentials.ts';
import { createRenewals } from './renew.ts';
import { connectDue, goOn, held, sendDue, silence } from './renewing.test-support.ts';
import { createScene, hour, minute, refusal, type Scene, second, unavailable } from './scene.test-support.ts';
import { leaseDuration } from './timing.ts';

describe('a commit of which nobody heard that it was taken', () => {
  /** Tells of the first commit of two answers that it failed, although the database took it. */
  const unheard = (scene: Scene): void => {
    const { store } = scene.context;
    let isHeard = false;
    scene.context.store = {
      ...store,
      async write(work) {
        const result = await store.write(work);
        if (isHeard || !Array.isArray(result) || result.length < 2) return result;
        isHeard = true;
        throw new EvergrantError('storage_unavailable');
      },
    };
  };

  it('does not take a candidate that was just put in place for refused', async () => {
    const scene = await createScene({ knobs: { grace: 10 * minute } });
    const [one, two] = [await connectDue(scene), await connectDue(scene)];
    const candidate = scene.platform.consent();
    await grants.update(scene.store.db, one.grantId, {
      candidate_sealed: sealGrant(scene.vault, one.grantId, 'candidate_sealed', candidate),
    });
    scene.behaves = refusal;
    unheard(scene);
    scene.renewals = createRenewals(scene.context);
    await scene.renewals.beginDue(2, () => {});
    await scene.renewals.idle();
    expect(await scene.grant(two.grantId)).toMatchObject({ status: 'reauth_required' });
    expect(await scene.eventTypes(two.connectionId)).toEqual(['connection.reauth_required']);
    expect(await scene.grant(one.grantId)).toMatchObject({ status: 'active' });
    expect(await scene.tokens(one.grantId)).toEqual({ current: candidate, candidate: null });
  });

  it('counts a failure once', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    await connectDue(scene);
    scene.behaves = unavailable;
    unheard(scene);
    scene.renewals = createRenewals(scene.context);
    await scene.renewals.beginDue(2, () => {});
    await scene.renewals.idle();
    expect(await scene.grant(grantId)).toMatchObject({ fail_count: 1 });
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

  it('is treated as where there is no grace once the platform’s grace is over', async () => {
    const scene = await createScene({ knobs: { grace: 10 * minute } });
    const { grantId } = await connectDue(scene);
    const { expires_at } = await scene.grant(grantId);
    const late = held(scene);
    scene.answerNext(late.send);
    await sendDue(scene);
    scene.clock.advance(11 * minute);
    const other = scene.startNode('two');
    expect(await other.renewals.renew(grantId, 'person')).toMatchObject({ kind: 'waiting', until: expires_at });
    expect(scene.presented).toHaveLength(1);
    late.release();
    await scene.renewals.idle();
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 2 });
    expect(scene.platform.accepts(late.tokens[0]!)).toBe(true);
  });

  it('is counted among several from the first: only that one may have spent the token', async () => {
    const scene = await createScene({ knobs: { grace: 10 * minute } });
    const { grantId } = await connectDue(scene);
    const { expires_at } = await scene.grant(grantId);
    scene.behaves = silence(scene, 'nothing happens');
    await goOn(scene, 9 * minute + 30 * second);
    expect(scene.presented.length).toBeGreaterThan(5);
    const { mark_at, doubt_since } = await scene.row(grantId);
    expect(mark_at! - doubt_since!).toBeGreaterThan(8 * minute);
    scene.clock.advance(minute);
    expect(await scene.renewals.renew(grantId, 'person')).toMatchObject({ kind: 'waiting', until: expires_at });
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

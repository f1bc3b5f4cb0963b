import type { KyselyPlugin } from 'kysely';
import { describe, expect, it } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import type { App } from '../protocols/types.ts';
import { connections, grants, schedule } from '../store/index.ts';
import { watchQueries } from '../testing/watch-queries.ts';
import { type Claim, claimDue, claimGrant } from './claim.ts';
import { keepAnswer } from './journal.ts';
import { createScene, hour, passUntil, type Scene, second } from './scene.test-support.ts';
import { leaseDuration, requestDeadline } from './timing.ts';

const claimed = async (scene: Scene, grantId: string): Promise<Claim> => {
  const result = await claimGrant(scene.context, grantId, 'reader');
  if (result.kind !== 'claimed') throw new Error(`it is ${result.kind}`);
  return result.claim;
};

const untouched: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => result,
};

/** A grant whose sealed credentials no key opens. */
const spoil = async (scene: Scene, grantId: string): Promise<void> => {
  const other = await scene.connect();
  const { refresh_token_sealed } = await scene.grant(other.grantId);
  await grants.update(scene.store.db, grantId, { refresh_token_sealed });
  await schedule.update(scene.store.db, other.grantId, { due_at: null });
};

describe('a claim', () => {
  it('is durable, with lease, fence and mark, before anything is sent', async () => {
    const scene = await createScene();
    const { grantId, refreshToken } = await scene.connect();
    const claim = await claimed(scene, grantId);
    const now = scene.clock.now();
    const row = await scene.row(grantId);
    expect(row).toMatchObject({
      fence: 1,
      lease_owner: scene.context.node,
      lease_until: now + leaseDuration,
      due_at: now + leaseDuration,
      mark_id: claim.markId,
      mark_at: now,
    });
    expect(row.mark_hash).toBe(scene.vault.mac(refreshToken, 'mark'));
    expect(JSON.stringify(row)).not.toContain(refreshToken);
    expect(claim).toMatchObject({ fence: 1, generation: 1, consent: 1, credentials: { refreshToken } });
    expect(await grants.attemptsOf(scene.store.db, grantId, 10)).toMatchObject([
      { id: claim.markId, fence: 1, generation: 1, started_at: now, ended_at: null, outcome: null },
    ]);
  });

  it('is had by one, until its lease is over', async () => {
    const scene = await createScene({ knobs: { rotates: false } });
    const { grantId } = await scene.connect();
    await claimed(scene, grantId);
    const again = () => claimGrant(scene.startNode('two').context, grantId, 'person');
    expect(await again()).toEqual({ kind: 'busy', until: scene.clock.now() + leaseDuration });
    scene.clock.advance(leaseDuration - 1);
    expect(await again()).toMatchObject({ kind: 'busy' });
    scene.clock.advance(1);
    expect(await again()).toMatchObject({ kind: 'claimed', claim: { fence: 2 } });
  });

  it('is had by nobody while an answer to an earlier attempt lies in the journal', async () => {
    const scene = await createScene();
    const { grantId, refreshToken } = await scene.connect();
    const { markId, ...claim } = await claimed(scene, grantId);
    const entry = { ...claim, id: markId, kind: 'refresh' as const, flowId: null, startedAt: scene.clock.now() };
    // Its process stands still from here on, until the access token has ended and every lease.
    await keepAnswer(scene.context, entry, scene.platform.present(refreshToken));
    scene.clock.advance(2 * hour);
    const other = scene.startNode('two');
    expect(await claimGrant(other.context, grantId, 'person')).toMatchObject({ kind: 'waiting' });
    expect(await other.renewDue()).toBe(0);
    expect(await scene.row(grantId)).toMatchObject({ due_at: scene.clock.now() + 5 * second });
    await other.renewals.recover(leaseDuration);
    const { current } = await scene.tokens(grantId);
    expect(scene.platform.accepts(current!)).toBe(true);
    expect(await claimGrant(other.context, grantId, 'person')).toMatchObject({ kind: 'claimed' });
  });

  it('is not had to replace a generation that somebody else has replaced', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    expect(await scene.renewals.renew(grantId, 'reader', 1)).toEqual({ kind: 'renewed' });
    const other = scene.startNode('two');
    for (const mode of ['reader', 'person'] as const) {
      expect(await claimGrant(other.context, grantId, mode, 1)).toEqual({ kind: 'superseded' });
    }
    expect(await claimGrant(other.context, grantId, 'reader', 2)).toMatchObject({ kind: 'claimed' });
  });

  it('that was overtaken sends nothing', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    const step = (name: string) => {
      if (name !== 'claimed') return;
      scene.context.step = () => {};
      void schedule.update(scene.store.db, grantId, { fence: 7 });
    };
    scene.context.step = step;
    expect(await scene.renewals.renew(grantId, 'reader')).toMatchObject({ kind: 'superseded' });
    expect(scene.presented).toEqual([]);
    expect(await scene.row(grantId)).toMatchObject({ fence: 7 });
  });

  it('of a grant that is deleted before it is sent is never sent', async () => {
    const scene = await createScene();
    const { store, context } = scene;
    const { grantId, connectionId } = await scene.connect();
    const db = watchQueries(store.db, untouched);
    const execute = db.executeQuery.bind(db);
    let isRemoving = false;
    // Between the claim and the last look at its fence.
    const removingFirst: typeof db.executeQuery = async (...query) => {
      if (isRemoving) {
        isRemoving = false;
        await connections.remove(store.db, connectionId);
        await grants.remove(store.db, grantId);
      }
      return execute(...query);
    };
    context.store = { ...context.store, db: Object.assign(db, { executeQuery: removingFirst }) };
    context.step = (name) => {
      isRemoving = name === 'claimed';
    };
    expect(await scene.renewals.renew(grantId, 'reader')).toMatchObject({ kind: 'superseded' });
    expect(scene.presented).toEqual([]);
    expect(await schedule.byGrant(store.db, grantId)).toBeUndefined();
  });

  it.each([
    [leaseDuration - requestDeadline - second, 1],
    [leaseDuration - requestDeadline - second + 1, 0],
    [hour, 0],
  ])('that a process slept over for %i ms sends %i request', async (slept, sent) => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    scene.context.step = (name) => {
      if (name === 'claimed') scene.clock.advance(slept);
    };
    const outcome = await scene.renewals.renew(grantId, 'reader');
    expect(scene.presented).toHaveLength(sent);
    if (sent === 1) return;
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'refresh_in_progress' } });
    // Nothing was sent, so nothing is in doubt.
    expect(await scene.row(grantId)).toMatchObject({ mark_id: null, lease_until: null });
  });

  it('that a machine slept over sends nothing, though its monotonic clock stood still', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    scene.context.step = (name) => {
      if (name === 'claimed') scene.clock.jump(hour);
    };
    expect(await scene.renewals.renew(grantId, 'reader')).toMatchObject({ kind: 'failed' });
    expect(scene.presented).toEqual([]);
  });

  it('is not had while a grant is too young, has nothing to be renewed with, or has ended', async () => {
    const young = await createScene({ refresh: { minimumAgeSeconds: 60 } });
    const { grantId } = await young.connect();
    const ripe = young.clock.now() + 60 * second;
    expect(await claimGrant(young.context, grantId, 'person')).toEqual({ kind: 'too_young', until: ripe });
    const scene = await createScene();
    const bare = await scene.connect({ refreshToken: null });
    expect(await claimGrant(scene.context, bare.grantId, 'person')).toEqual({ kind: 'not_renewable' });
    await grants.update(scene.store.db, bare.grantId, { status: 'reauth_required' });
    expect(await claimGrant(scene.context, bare.grantId, 'person')).toEqual({ kind: 'gone' });
    expect(await claimGrant(scene.context, 'grant_none', 'person')).toEqual({ kind: 'gone' });
  });
});

describe('what is due', () => {
  it('is measured by how late it is sent, and by what became of it', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    await scene.advanceToDue(grantId);
    scene.clock.advance(7 * second);
    const measured: unknown[][] = [];
    Object.assign(scene.context.metrics, {
      late: (...given: unknown[]) => void measured.push(['late', ...given]),
      attempt: (...given: unknown[]) => void measured.push(['attempt', ...given]),
    });
    await scene.renewDue();
    // Nobody is late with what is not due.
    await scene.renewals.renew(grantId, 'person');
    expect(measured).toEqual([
      ['late', 'acme', 7 * second],
      ['attempt', 'acme', 'renewed'],
      ['attempt', 'acme', 'renewed'],
    ]);
  });

  it('is claimed by urgency first, then owners in turn, then age', async () => {
    const scene = await createScene({ knobs: { lifetime: 24 * hour } });
    const { clock } = scene;
    for (let serial = 0; serial < 12; serial++) await scene.connect({ owner: 'big' });
    const small = await scene.connect({ owner: 'small' });
    const used = await scene.connect({ owner: 'big' });
    const dying = await scene.connect({ owner: 'big', refreshExpiresAt: clock.now() + 30 * hour });
    clock.advance(24 * hour);
    await schedule.noteUse(scene.store.db, [used.grantId], clock.now());
    const { claims } = await claimDue(scene.context, 4);
    expect(claims.slice(0, 2).map(({ grantId }) => grantId)).toEqual([dying.grantId, used.grantId]);
    expect(claims.slice(2).map(({ grantId }) => grantId)).toContain(small.grantId);
  });

  it('is claimed once by processes that look at the same time', async () => {
    const scene = await createScene();
    for (let serial = 0; serial < 20; serial++) await scene.connect();
    scene.clock.advance(hour);
    const nodes = ['two', 'three', 'four'].map((name) => scene.startNode(name).context);
    const batches = await Promise.all([scene.context, ...nodes].map((context) => claimDue(context, 8)));
    const ids = batches.flatMap(({ claims }) => claims.map(({ grantId }) => grantId));
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(20);
  });

  it('may be what no key opens: it is put off, told when its token has ended, and holds up no other', async () => {
    const scene = await createScene();
    const spoilt = await scene.connect();
    await spoil(scene, spoilt.grantId);
    const sound = await scene.connect();
    scene.clock.advance(hour);
    expect(await scene.renewDue()).toBe(1);
    expect(await scene.grant(sound.grantId)).toMatchObject({ generation: 2 });
    expect(await scene.row(spoilt.grantId)).toMatchObject({ mark_id: null, fence: 0 });
    expect((await scene.row(spoilt.grantId)).due_at).toBeGreaterThan(scene.clock.now());
    expect(await scene.events(spoilt.connectionId)).toMatchObject([
      { type: 'connection.degraded', data: { code: 'storage_key_unavailable' } },
    ]);
    await expect(scene.read(spoilt.connectionId)).rejects.toMatchObject({ code: 'storage_key_unavailable' });
  });

  it('at one app is sent, when the database goes away while the next one is looked at', async () => {
    const scene = await createScene({ random: () => 0 });
    const { grantId } = await scene.connect();
    scene.clock.advance(hour);
    const { app, context } = scene;
    const other: App = { ...app, clientId: 'other' };
    let looks = 0;
    const { store } = context;
    context.apps.list = () => [app, other];
    context.store = {
      ...store,
      transaction: async (work) => {
        if (++looks === 2) throw new EvergrantError('storage_unavailable');
        return store.transaction(work);
      },
    };
    expect(await scene.renewDue()).toBe(1);
    await passUntil(scene.clock, async () => (await scene.grant(grantId)).generation === 2);
    looks = 1;
    await expect(scene.renewDue()).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  it('at one app keeps no other from its turn, however much of it there is', async () => {
    let turn = 0;
    const scene = await createScene({ random: () => (turn++ % 2) / 2 });
    const { app, context } = scene;
    const other: App = { ...app, clientId: 'other' };
    for (let serial = 0; serial < 100; serial++) await scene.connect();
    context.apps.list = () => [other];
    const { grantId } = await scene.connect();
    context.apps.list = () => [app, other];
    context.apps.ofGrant = ({ client_id }) => (client_id === 'other' ? other : app);
    scene.clock.advance(hour);
    for (let pass = 0; pass < 5; pass++) expect(await scene.renewDue(10)).toBe(10);
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
  });
});

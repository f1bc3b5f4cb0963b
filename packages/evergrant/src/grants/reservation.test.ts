import { describe, expect, it } from 'vitest';
import { connections, grants, schedule } from '../store/index.ts';
import { type Reserved, release, reserveDue, reservedBy } from './reservation.ts';
import { createScene, minute, type Scene, second, wrongClient } from './scene.test-support.ts';
import { leaseDuration } from './timing.ts';

const owner = 'run/1';

/** A few grants that are due. */
const due = async (scene: Scene, count: number) => {
  const connected = [];
  for (let index = 0; index < count; index++) connected.push(await scene.connect());
  scene.clock.advance(50 * minute);
  return connected;
};

const reserve = (scene: Scene, room = 100, name = owner) => reserveDue(scene.context, room, name, []);

describe('a claim in two steps', () => {
  it('leases and marks nothing until it is taken over', async () => {
    const scene = await createScene();
    const [one] = await due(scene, 1);
    const before = await scene.row(one!.grantId);
    const reserved = await reserve(scene);
    expect(reserved).toEqual([{ grantId: one!.grantId, provider: 'acme', dueAt: before.due_at, probe: false }]);
    expect(await scene.row(one!.grantId)).toMatchObject({
      lease_owner: owner,
      lease_until: scene.clock.now() + leaseDuration,
      fence: before.fence,
      mark_id: null,
    });
    expect(await reserve(scene, 100, 'run/2')).toEqual([]);
    expect(await scene.renewDue()).toBe(0);

    expect(await scene.renewals.carryOut(owner, reserved)).toEqual([{ kind: 'renewed' }]);
    expect(await scene.grant(one!.grantId)).toMatchObject({ generation: 2 });
    expect(await scene.row(one!.grantId)).toMatchObject({ fence: before.fence + 1, lease_owner: null, mark_id: null });
  });

  it('leaves no doubt behind when nobody takes it over: it is due again when the lease is over', async () => {
    const scene = await createScene();
    const [one] = await due(scene, 1);
    const reserved = await reserve(scene);
    scene.clock.advance(leaseDuration);
    expect(await scene.renewals.carryOut(owner, reserved)).toEqual([]);
    expect(scene.presented).toEqual([]);
    expect(await scene.row(one!.grantId)).toMatchObject({ mark_id: null, doubt_since: null });
    expect(await scene.renewDue()).toBe(1);
  });

  it('is carried out once, however often it is sent out', async () => {
    const scene = await createScene();
    await due(scene, 3);
    const reserved = await reserve(scene);
    const other = scene.startNode('two');
    const done = await Promise.all([
      scene.renewals.carryOut(owner, reserved),
      other.renewals.carryOut(owner, reserved),
      scene.renewals.carryOut(owner, reserved),
    ]);
    expect(done.flat()).toHaveLength(3);
    expect(await scene.renewals.carryOut(owner, reserved)).toEqual([]);
    expect(scene.presented).toHaveLength(3);
  });

  it('gives way to whoever waits for the token', async () => {
    const scene = await createScene();
    const [one] = await due(scene, 2);
    const reserved = await reserve(scene);
    scene.clock.advance(11 * minute);
    // Its lease is long over by now, so it is reserved anew.
    const again = await reserve(scene, 100, 'run/2');
    expect(again).toHaveLength(2);
    expect(await scene.read(one!.connectionId)).toMatchObject({ generation: 2 });
    expect(await scene.renewals.carryOut(owner, reserved)).toEqual([]);
    expect(await scene.renewals.carryOut('run/2', again)).toEqual([{ kind: 'renewed' }]);
    expect(await scene.grant(one!.grantId)).toMatchObject({ generation: 2 });
    expect(scene.presented).toHaveLength(2);
  });

  it('is found again under its name', async () => {
    const scene = await createScene();
    await due(scene, 3);
    const reserved = await reserve(scene, 2);
    const found = await reservedBy(scene.context, owner);
    expect(found.map(({ grantId }) => grantId).sort()).toEqual(reserved.map(({ grantId }) => grantId).sort());
    expect(await reservedBy(scene.context, 'run/2')).toEqual([]);
    expect(await scene.renewals.carryOut(owner, found)).toHaveLength(2);
    expect(await reservedBy(scene.context, owner)).toEqual([]);
  });

  it('given back is due since when it was, and cannot be taken over any more', async () => {
    const scene = await createScene();
    const [one] = await due(scene, 1);
    const { due_at } = await scene.row(one!.grantId);
    const reserved = await reserve(scene);
    await release(scene.context, owner, reserved);
    expect(await scene.row(one!.grantId)).toMatchObject({ due_at, lease_owner: null, lease_until: null });
    expect(await scene.renewals.carryOut(owner, reserved)).toEqual([]);
    // Somebody else's lease is not given back.
    const next = await reserve(scene, 100, 'run/2');
    await release(scene.context, owner, reserved);
    expect(await scene.renewals.carryOut('run/2', next)).toEqual([{ kind: 'renewed' }]);
  });

  it('counts as a request under way, so that limits hold over both steps', async () => {
    const scene = await createScene({ refresh: { limits: { concurrency: 5 } } });
    await due(scene, 10);
    expect(await reserve(scene)).toHaveLength(4);
    expect(await reserve(scene, 100, 'run/2')).toHaveLength(0);
  });

  it('takes of the rate what is sent, so that nothing gathers while nobody sends', async () => {
    const scene = await createScene({ refresh: { limits: { perSecond: 5 } } });
    await due(scene, 60);
    // As while the worker is away: whoever looks for what is due goes on.
    const reservations: [string, Reserved[]][] = [];
    for (let passed = 0; passed < 12; passed++) {
      reservations.push([`run/${passed}`, await reserve(scene, 100, `run/${passed}`)]);
      scene.clock.advance(second);
    }
    expect(reservations.flatMap(([, reserved]) => reserved)).toHaveLength(5);
    for (const reservation of reservations) await scene.renewals.carryOut(...reservation);
    expect(scene.presented).toHaveLength(5);
    expect(await reserve(scene)).toEqual([]);
    scene.clock.advance(second);
    expect(await scene.renewals.carryOut(owner, await reserve(scene))).toHaveLength(5);
  });

  it('gives back what the rate does not let through any more, the least urgent of it', async () => {
    const scene = await createScene({ refresh: { limits: { perSecond: 3 } } });
    const connected = await due(scene, 4);
    await schedule.update(scene.store.db, connected[0]!.grantId, { urgency: 0 });
    const reserved = await reserve(scene);
    expect(reserved.map(({ grantId }) => grantId)).toHaveLength(3);
    expect(reserved[0]!.grantId).toBe(connected[0]!.grantId);
    const left = connected.find(({ grantId }) => reserved.every((one) => one.grantId !== grantId))!;
    expect(await scene.renewals.renew(left.grantId, 'reader')).toEqual({ kind: 'renewed' });

    expect(await scene.renewals.carryOut(owner, reserved)).toEqual([{ kind: 'renewed' }, { kind: 'renewed' }]);
    const [, , last] = reserved;
    expect(scene.presented).toHaveLength(3);
    expect(await scene.row(last!.grantId)).toMatchObject({
      due_at: last!.dueAt,
      lease_owner: null,
      lease_until: null,
      mark_id: null,
    });
    scene.clock.advance(second);
    expect(await scene.renewals.carryOut('run/2', await reserve(scene, 100, 'run/2'))).toEqual([{ kind: 'renewed' }]);
  });

  it('is not sent to a platform that came to refuse the app meanwhile, except as a probe', async () => {
    const scene = await createScene();
    const connected = await due(scene, 3);
    const reserved = await reserve(scene, 1);
    const others = await reserve(scene, 100, 'run/2');
    scene.answerNext(wrongClient);
    await scene.renewals.carryOut(owner, reserved);
    expect((await scene.gate())?.blocked_by).toBe('credentials');
    expect(await scene.renewals.carryOut('run/2', others)).toEqual([]);
    expect(scene.presented).toHaveLength(1);
    for (const { grantId } of connected) expect(await scene.row(grantId)).toMatchObject({ lease_until: null });

    scene.clock.advance(31 * second);
    const probes = await reserve(scene, 100, 'run/3');
    expect(probes).toMatchObject([{ probe: true }]);
    expect(await reservedBy(scene.context, 'run/3')).toMatchObject([{ probe: true }]);
    expect(await scene.renewals.carryOut('run/3', probes)).toEqual([{ kind: 'renewed' }]);
    expect((await scene.gate())?.blocked_by).toBeNull();
  });

  it('passes over providers that are paused', async () => {
    const scene = await createScene();
    await due(scene, 1);
    expect(await reserveDue(scene.context, 100, owner, ['acme'])).toEqual([]);
  });

  it('of a grant that is deleted meanwhile ends with its lease, and is not sent', async () => {
    const scene = await createScene();
    const [one] = await due(scene, 1);
    const reserved = await reserve(scene);
    await connections.remove(scene.store.db, one!.connectionId);
    await grants.remove(scene.store.db, one!.grantId);
    expect(await scene.renewals.carryOut(owner, reserved)).toEqual([]);
    await release(scene.context, owner, reserved);
    expect(scene.presented).toEqual([]);
    scene.clock.advance(leaseDuration);
    await schedule.removeLapsed(scene.store.db, scene.clock.now());
    expect(await scene.row(one!.grantId)).toBeUndefined();
  });
});

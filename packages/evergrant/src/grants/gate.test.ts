import { describe, expect, it } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import { connections, type GrantRow, grants, schedule } from '../store/index.ts';
import { block, permitsOf, spend } from './gate.ts';
import {
  answerOf,
  createScene,
  hour,
  minute,
  refusal,
  type Scene,
  second,
  unavailable,
  wrongClient,
} from './scene.test-support.ts';
import { gateProbeInterval, holdDuration } from './timing.ts';

/** Connects so many accounts, all of which are due now. */
const connectDue = async (scene: Scene, count: number, input: Parameters<Scene['connect']>[0] = {}) => {
  const connected = [];
  for (let serial = 0; serial < count; serial++) connected.push(await scene.connect(input));
  scene.clock.advance(hour);
  return connected;
};

const eventsOfPlatform = async ({ store }: Scene): Promise<string[]> => {
  const rows = await store.db.selectFrom('events').select('type').where('connection_id', 'is', null).execute();
  return rows.map(({ type }) => type);
};

/** Renews until the gate has its probe, and says how many were sent. */
const probe = async (scene: Scene): Promise<number> => {
  const gate = await scene.gate();
  scene.clock.advance(Math.max(0, gate!.probe_at - scene.clock.now()));
  return scene.renewDue();
};

describe('an app whose credentials are refused', () => {
  it('is blocked at once, and no connection is blamed', async () => {
    const scene = await createScene();
    const connected = await connectDue(scene, 5);
    scene.behaves = wrongClient;
    expect(await scene.renewDue(1)).toBe(1);
    expect(await scene.gate()).toMatchObject({ blocked_by: 'credentials', probes: 1 });
    expect(await scene.renewDue()).toBe(0);
    for (const { grantId, connectionId } of connected) {
      expect(await scene.grant(grantId)).toMatchObject({ status: 'active', reason: null });
      await expect(scene.read(connectionId)).rejects.toMatchObject({
        code: 'provider_app_credentials_invalid',
        retryAfter: gateProbeInterval / second,
      });
    }
    expect(scene.presented).toHaveLength(1);
  });

  it('is probed once in 30 seconds, whoever asks, and alarms once', async () => {
    const scene = await createScene();
    const [{ grantId, connectionId }] = (await connectDue(scene, 5)) as [Awaited<ReturnType<Scene['connect']>>];
    scene.behaves = wrongClient;
    await scene.renewDue(1);
    for (let half = 1; half <= 120; half++) {
      scene.clock.advance(15 * second);
      await scene.renewDue();
      await scene.read(connectionId).catch(() => {});
      await scene.renewals.renew(grantId, 'person').catch(() => {});
      expect(scene.presented.length).toBeLessThanOrEqual(1 + Math.ceil(half / 2));
    }
    expect(scene.presented.length).toBeGreaterThan(50);
    expect(await eventsOfPlatform(scene)).toEqual(['provider.app_invalid']);
  });

  it('stays refused when the platform fails meanwhile: that says nothing about its credentials', async () => {
    const scene = await createScene();
    await connectDue(scene, 3);
    scene.answerNext(wrongClient, unavailable);
    await scene.renewDue(1);
    const refused = await scene.gate();
    expect(await probe(scene)).toBe(1);
    expect(await scene.gate()).toMatchObject({ blocked_by: 'credentials', error: refused!.error });
    expect(await eventsOfPlatform(scene)).toEqual(['provider.app_invalid']);
  });

  it('is opened by the first success', async () => {
    const scene = await createScene();
    const connected = await connectDue(scene, 30);
    scene.answerNext(wrongClient, wrongClient);
    await scene.renewDue(1);
    expect(await probe(scene)).toBe(1);
    expect(await probe(scene)).toBe(1);
    expect(await scene.gate()).toMatchObject({ blocked_by: null, error: null, opened_at: null });
    expect(await scene.renewDue()).toBe(connected.length - 1);
    expect(await eventsOfPlatform(scene)).toEqual(['provider.app_invalid', 'provider.recovered']);
  });

  it('is probed soon after a probe that never reported', async () => {
    const scene = await createScene();
    await connectDue(scene, 3);
    scene.answerNext(wrongClient);
    await scene.renewDue(1);
    scene.clock.advance(gateProbeInterval);
    scene.answerNext(() => new Promise(() => {}));
    expect(await scene.renewals.beginDue(10, () => {})).toBe(1);
    // Another process finds its lease in the way, and then no more.
    const other = scene.startNode('two');
    expect(await other.renewDue()).toBe(0);
    scene.clock.advance(gateProbeInterval);
    expect(await other.renewDue()).toBe(1);
    expect(await scene.gate()).toMatchObject({ blocked_by: null });
  });
});

describe('an app whose platform fails', () => {
  /** The gate blocks, with so many grants due behind it. */
  const createOutage = async (count: number, options: Parameters<typeof createScene>[0] = {}) => {
    const scene = await createScene({ random: () => 1, ...options });
    const connected = await connectDue(scene, count);
    scene.behaves = unavailable;
    while ((await scene.gate())?.blocked_by !== 'outage') {
      expect(await scene.renewDue(1)).toBe(1);
      expect(scene.presented.length).toBeLessThanOrEqual(20);
    }
    expect(scene.presented).toHaveLength(20);
    return { scene, connected };
  };

  it('lets a person try at once, and holds readers back', async () => {
    const { scene } = await createOutage(30);
    const ask = (by: 'reader' | 'person') => permitsOf(scene.store.db, scene.app, scene.clock.now(), by);
    expect(await ask('reader')).toMatchObject({ count: 0, error: { code: 'provider_unavailable' } });
    expect(await ask('person')).toMatchObject({ probing: true, error: null });
    expect((await ask('person')).count).toBeGreaterThan(0);
  });

  it('is blocked by 20 failures; fewer, or few among many, block nothing', async () => {
    const scene = await createScene();
    await connectDue(scene, 100);
    scene.answerNext(...Array.from({ length: 19 }, () => unavailable));
    await scene.renewDue(50);
    expect((await scene.gate())?.blocked_by ?? null).toBeNull();
    const { scene: failing } = await createOutage(25);
    expect(await failing.renewDue()).toBe(0);
  });

  it('is probed by one at a time, less and less often, and by none of them twice within a minute', async () => {
    const { scene } = await createOutage(40);
    const pauses: number[] = [];
    for (let round = 0; round < 8; round++) {
      const before = scene.clock.now();
      expect(await probe(scene)).toBe(1);
      pauses.push(scene.clock.now() - before);
    }
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60, 60, 60].map((seconds) => seconds * second));
    expect(new Set(scene.presented.slice(20)).size).toBe(8);
  });

  it('is let in by 1, 2 and 4, and then by all, when it is well again', async () => {
    const { scene, connected } = await createOutage(60);
    scene.behaves = async (token) => scene.platform.present(token);
    expect([await probe(scene), await scene.renewDue(), await scene.renewDue()]).toEqual([1, 2, 4]);
    expect(await scene.gate()).toMatchObject({ blocked_by: null, failures: 0 });
    expect(await eventsOfPlatform(scene)).toEqual(['provider.recovered']);
    scene.clock.advance(minute);
    expect(await scene.renewDue()).toBe(connected.length - 7);
  });

  it('is not blocked again by one failure more, once it is well', async () => {
    const { scene } = await createOutage(40);
    scene.behaves = async (token) => scene.platform.present(token);
    for (let probes = 0; (await scene.gate())?.blocked_by !== null; probes++) {
      expect(await probe(scene)).toBeGreaterThan(0);
      expect(probes).toBeLessThan(10);
    }
    scene.answerNext(unavailable);
    await scene.renewDue(1);
    expect(await scene.gate()).toMatchObject({ blocked_by: null });
  });

  it('is never sent more at a time than it allows, however many probes have succeeded', async () => {
    const { scene } = await createOutage(30, { refresh: { limits: { concurrency: 1 } } });
    scene.behaves = async (token) => scene.platform.present(token);
    expect(await probe(scene)).toBe(1);
    expect(await scene.gate()).toMatchObject({ blocked_by: 'outage', probes: 2 });
    scene.behaves = () => new Promise(() => {});
    expect(await scene.renewals.beginDue(10, () => {})).toBe(1);
    expect(await scene.renewals.beginDue(10, () => {})).toBe(0);
  });

  it('is shut again by a probe that fails among several', async () => {
    const { scene } = await createOutage(60);
    scene.answerNext((token) => Promise.resolve(scene.platform.present(token)));
    expect(await probe(scene)).toBe(1);
    expect(await scene.renewDue()).toBe(2);
    expect(await scene.gate()).toMatchObject({ blocked_by: 'outage', probes: 1 });
    expect(await scene.renewDue()).toBe(0);
  });

  it('is not one because of an answer that a process left in the journal', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    const dying = scene.startNode('dying');
    dying.context.step = (name) => {
      if (name === 'journalled') throw new Error('it dies here');
    };
    scene.answerNext(answerOf(200, '<html>'));
    await expect(dying.renewals.renew(grantId, 'person')).rejects.toThrow('dies');
    await scene.renewals.recover();
    expect(await scene.grant(grantId)).toMatchObject({ fail_count: 1, status: 'active' });
    expect((await scene.gate())?.blocked_by ?? null).toBeNull();
  });

  it('is not let in by what was sent before it failed', async () => {
    const scene = await createScene();
    const connected = await connectDue(scene, 22);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    scene.answerNext(async (token) => {
      await held;
      return scene.platform.present(token);
    });
    scene.behaves = unavailable;
    const early = scene.renewals.renew(connected[0]!.grantId, 'reader');
    while ((await scene.gate())?.blocked_by !== 'outage') await scene.renewals.beginDue(1, () => {}).then(settled);
    release();
    expect(await early).toEqual({ kind: 'renewed' });
    expect(await scene.gate()).toMatchObject({ blocked_by: 'outage', probes: 1 });
  });

  it('is probed with what can be lost least: unmarked first, and of those the latest deadline', async () => {
    const { scene, connected } = await createOutage(40, { refresh: { idleLimitSeconds: 30 * 86_400 } });
    const { clock, platform } = scene;
    const inDoubt = await scene.connect();
    const soon = await scene.connect({ refreshExpiresAt: clock.now() + 3 * hour });
    const late = await scene.connect();
    const marked = { mark_id: 'att_unresolved', mark_at: clock.now(), mark_hash: 'x' };
    await schedule.update(scene.store.db, inDoubt.grantId, marked);
    clock.advance(hour);
    const before = scene.presented.length;
    const answerOne = (token: string) => Promise.resolve(platform.present(token));
    for (let round = 0; round < 43; round++) {
      // One succeeds and those that follow fail: the gate stays blocked, and at last all have had their turn.
      scene.answerNext(answerOne, unavailable, unavailable);
      await probe(scene);
      clock.advance(second);
      await scene.renewDue();
      clock.advance(minute);
    }
    const first = new Set([...connected, inDoubt, soon, late].map(({ refreshToken }) => refreshToken));
    const order = [...new Set(scene.presented.slice(before))].filter((token) => first.has(token));
    expect(order[0]).toBe(late.refreshToken);
    expect(order.slice(-2)).toEqual([soon, inDoubt].map(({ refreshToken }) => refreshToken));
  });

  it('waits as long as the platform asks', async () => {
    const { context, store, app, clock, gate } = await createScene();
    const asked = new EvergrantError('provider_unavailable', { retryAfter: 600 });
    const until = await store.write((tx) => block(context, tx, app, 'outage', asked, clock.now()));
    expect(until).toBe(clock.now() + 600 * second);
    expect(await gate()).toMatchObject({ blocked_by: 'outage', probe_at: until });
  });
});

/** Turns until what was begun has been committed. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('unusually many refusals', () => {
  const withStatus = async (scene: Scene, status: GrantRow['status']): Promise<GrantRow[]> =>
    scene.store.db.selectFrom('grants').selectAll().where('status', '=', status).execute();

  it('are held back from the twentieth on, and believed again when the incident is over', async () => {
    const scene = await createScene();
    await connectDue(scene, 60);
    scene.behaves = refusal;
    for (let round = 0; round < 3; round++) await scene.renewDue(20);
    expect(await withStatus(scene, 'reauth_required')).toHaveLength(19);
    const [dead, ...others] = await withStatus(scene, 'active');

    scene.behaves = async (token) => scene.platform.present(token);
    scene.platform.revoke((await scene.tokens(dead!.id)).current!);
    scene.clock.advance(holdDuration);
    await scene.renewDue();
    for (const { id } of others) expect(await scene.grant(id)).toMatchObject({ status: 'active', generation: 2 });
    expect(await scene.grant(dead!.id)).toMatchObject({ status: 'reauth_required', reason: 'revoked_or_expired' });
  });

  it('are an outage to whoever reads, and no end', async () => {
    const scene = await createScene();
    const connected = await connectDue(scene, 30);
    scene.behaves = refusal;
    await scene.renewDue();
    const [held] = await withStatus(scene, 'active');
    const { connectionId } = connected.find(({ grantId }) => grantId === held!.id)!;
    await expect(scene.read(connectionId)).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await scene.eventTypes(connectionId)).toEqual(['connection.refresh_failed', 'connection.degraded']);
    expect(await eventsOfPlatform(scene)).toEqual([]);
  });

  it('are held back by every process', async () => {
    const scene = await createScene();
    await connectDue(scene, 30);
    scene.behaves = refusal;
    await scene.renewDue(25);
    await scene.startNode('two').renewDue();
    expect(scene.presented).toHaveLength(30);
    expect(await withStatus(scene, 'active')).toHaveLength(11);
  });
});

describe('the limits of an app', () => {
  const nowOf = (scene: Scene) => scene.clock.now();

  it('leave a fifth of the requests at a time to readers', async () => {
    const scene = await createScene({ refresh: { limits: { concurrency: 10 } } });
    const connected = await connectDue(scene, 20);
    scene.behaves = () => new Promise(() => {});
    expect(await scene.renewals.beginDue(100, () => {})).toBe(8);
    expect(await scene.renewals.beginDue(100, () => {})).toBe(0);
    await settled();
    const left = connected.filter(({ refreshToken }) => !scene.presented.includes(refreshToken));
    const [, , third] = left.map(({ grantId }) => scene.renewals.renew(grantId, 'reader'));
    expect(await third).toMatchObject({ kind: 'busy' });
    await settled();
    expect(scene.presented).toHaveLength(10);
  });

  it('let one through where only one is allowed', async () => {
    const scene = await createScene({ refresh: { limits: { concurrency: 1 } } });
    await connectDue(scene, 2);
    scene.behaves = () => new Promise(() => {});
    expect(await scene.renewals.beginDue(100, () => {})).toBe(1);
    expect(await scene.renewals.beginDue(100, () => {})).toBe(0);
  });

  it('hold over all processes, and what a dead one held is free after its lease', async () => {
    const scene = await createScene({ refresh: { limits: { concurrency: 5 } } });
    await connectDue(scene, 20);
    scene.behaves = () => new Promise(() => {});
    const other = scene.startNode('two');
    expect(await scene.renewals.beginDue(3, () => {})).toBe(3);
    expect(await other.renewals.beginDue(100, () => {})).toBe(1);
    scene.clock.advance(30 * second);
    expect(await other.renewals.beginDue(100, () => {})).toBe(4);
  });

  it('count a request whose grant is deleted for as long as it is under way', async () => {
    const scene = await createScene({ refresh: { limits: { concurrency: 1 } } });
    const connected = await connectDue(scene, 3);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    scene.answerNext(() => held.then(() => unavailable));
    expect(await scene.renewals.beginDue(1, () => {})).toBe(1);
    await settled();
    const leased = await scene.store.db
      .selectFrom('schedule')
      .select('grant_id')
      .where('lease_until', '>', 0)
      .execute();
    await connections.remove(
      scene.store.db,
      connected.find(({ grantId }) => grantId === leased[0]!.grant_id)!.connectionId,
    );
    await grants.remove(scene.store.db, leased[0]!.grant_id);
    expect(await scene.renewals.beginDue(10, () => {})).toBe(0);
    release();
    await settled();
    expect(await scene.renewDue()).toBe(1);
  });

  it('let through so many in a second, after a burst of one second’s worth', async () => {
    const scene = await createScene({ refresh: { limits: { perSecond: 4 } } });
    await connectDue(scene, 30);
    expect(await scene.renewDue()).toBe(4);
    expect(await scene.renewDue()).toBe(0);
    scene.clock.advance(249);
    expect(await scene.renewDue()).toBe(0);
    scene.clock.advance(1);
    expect(await scene.renewDue()).toBe(1);
    scene.clock.advance(hour);
    expect(await scene.renewDue()).toBe(4);
  });

  it('let less than one a second through, too', async () => {
    const scene = await createScene({ refresh: { limits: { perSecond: 0.1 } } });
    await connectDue(scene, 3);
    expect(await scene.renewDue()).toBe(1);
    scene.clock.advance(9 * second);
    expect(await scene.renewDue()).toBe(0);
    scene.clock.advance(second);
    expect(await scene.renewDue()).toBe(1);
  });

  it('say when there will be room', async () => {
    const scene = await createScene({ refresh: { limits: { perSecond: 2 } } });
    const permits = () => permitsOf(scene.store.db, scene.app, nowOf(scene), 'reader');
    const first = await permits();
    expect(first).toMatchObject({ count: 2, available: 2 });
    await spend(scene.store.db, scene.app, first, 2, nowOf(scene));
    expect(await permits()).toMatchObject({ count: 0, until: nowOf(scene) + 500 });
  });

  it('make a reader wait who finds none', async () => {
    const scene = await createScene({ refresh: { limits: { perSecond: 1 } } });
    const connected = await connectDue(scene, 2);
    await scene.renewDue();
    const left = connected.find(({ refreshToken }) => !scene.presented.includes(refreshToken))!;
    let token: unknown = null;
    const reading = scene.read(left.connectionId).then((read) => {
      token = read;
    });
    while (token === null) {
      await settled();
      scene.clock.advance(100);
      if (scene.clock.monotonic() > 2 * hour) break;
    }
    await reading;
    expect(token).toMatchObject({ generation: 2 });
  });
});

import { expect, it } from 'vitest';
import type { Engine } from './engine/types.ts';
import { claimGrant } from './grants/claim.ts';
import { createScene, day, hour, type Scene } from './grants/scene.test-support.ts';
import { leaseDuration } from './grants/timing.ts';
import { begin, type Ground, type Services, startRenewing, stopServices } from './running.ts';
import type { Settings } from './settings/index.ts';
import { gates, grants, schedule } from './store/index.ts';

const settings = { eventsRetentionDays: 30 } as Settings;

const engine: Engine = { poke: () => {}, stop: async () => {} };

/** Runs what is done now and then once, in the order in which it is. */
const chore = async ({ context, renewals }: Scene): Promise<void> => {
  const ground = { context, settings } as Ground;
  const services = { ownRenewals: renewals, flows: { sweep: async () => {} } } as unknown as Services;
  let chores: (() => Promise<void>)[] = [];
  startRenewing(ground, services, (_context, _renewals, given) => {
    chores = given;
    return engine;
  });
  for (const one of chores) await one();
};

it('now and then raises what may soon be lost, notes uses, warns, and forgets what is over', async () => {
  const scene = await createScene({ knobs: { lifetime: 100 * day } });
  const { store, clock, context } = scene;
  const end = clock.now() + 40 * day;
  const [ending, used, old, gone] = [
    await scene.connect({ refreshExpiresAt: end }),
    await scene.connect(),
    await scene.connect(),
    await scene.connect(),
  ];
  await scene.renewals.renew(old.grantId, 'person');
  clock.advance(39 * day + hour);
  const warned = await scene.connect({ refreshToken: null, lifetime: 50 * day });
  clock.advance(hour);
  await grants.update(store.db, warned.grantId, { warn_at: clock.now() });
  await claimGrant(context, gone.grantId, 'person');
  await store.db.deleteFrom('connections').where('id', '=', gone.connectionId).execute();
  await grants.remove(store.db, gone.grantId);
  clock.advance(leaseDuration);
  context.usage.note(used.grantId);
  await chore(scene);
  expect(await scene.row(ending.grantId)).toMatchObject({ urgency: 0 });
  expect(await scene.row(used.grantId)).toMatchObject({ last_used_at: clock.now(), urgency: 1 });
  expect(await scene.eventTypes(warned.connectionId)).toEqual(['connection.expiring']);
  expect(await grants.attemptsOf(store.db, old.grantId, 10)).toEqual([]);
  expect(await schedule.byGrant(store.db, gone.grantId)).toBeUndefined();
});

it('at the start lets blocked apps be probed, and finishes what was left, before the engine begins', async () => {
  const scene = await createScene();
  const { store, clock, app } = scene;
  const { grantId } = await scene.connect();
  const key = { provider: app.provider, clientId: app.clientId };
  await gates.ensure(store.db, key, clock.now());
  await gates.update(store.db, key, { blocked_by: 'credentials', probe_at: clock.now() + day });
  // A process whose answer lies in the spool, and which is gone.
  const dying = scene.startNode('dying');
  await gates.update(store.db, key, { blocked_by: null });
  scene.answerNext(async (token) => {
    dying.database.down = true;
    return scene.platform.present(token);
  });
  void dying.renewals.renew(grantId, 'person');
  await expect.poll(() => scene.context.spool.count()).toBe(1);
  await gates.update(store.db, key, { blocked_by: 'credentials' });
  const other = { ...key, clientId: 'other' };
  await gates.ensure(store.db, other, clock.now());
  await gates.update(store.db, other, { blocked_by: 'credentials', probe_at: clock.now() + day });
  const order: string[] = [];
  const services = {
    renewals: scene.renewals,
    providerApps: { follow: () => void order.push('apps') },
    flows: {
      recover: async () => void order.push(`flows, in generation ${(await scene.grant(grantId)).generation}`),
    },
  } as unknown as Services;
  const ground = { context: scene.context, settings } as Ground;
  const startEngine = () => {
    order.push('engine');
    return engine;
  };
  const started = await begin(ground, services, startEngine, true);
  expect(started).toBe(engine);
  expect(order).toEqual(['flows, in generation 2', 'apps', 'engine']);
  expect(await gates.find(store.db, other)).toMatchObject({ blocked_by: 'credentials', probe_at: clock.now() });
});

it('at its end waits for flows and renewals that were begun, and then writes down what it knows', async () => {
  const scene = await createScene();
  const { grantId, connectionId } = await scene.connect();
  const answering = Promise.withResolvers<void>();
  scene.answerNext(async (token) => {
    await answering.promise;
    return scene.platform.present(token);
  });
  const renewal = scene.renewals.renew(grantId, 'person');
  await expect.poll(() => scene.presented.length).toBe(1);
  scene.context.usage.note(grantId);
  const order: string[] = [];
  const services = {
    renewals: scene.renewals,
    following: { close: () => void order.push('streams') },
    flows: { idle: async () => void order.push('flows') },
    providerApps: {
      stop: async () => void order.push(`apps, in generation ${(await scene.grant(grantId)).generation}`),
    },
    audit: { flush: () => void order.push('audit') },
  } as unknown as Services;
  const ground = { context: scene.context } as Ground;
  const stopped = stopServices(ground, services, [async () => void order.push('engine')]);
  await expect.poll(() => order).toContain('flows');
  expect(order).toEqual(['streams', 'engine', 'flows']);
  answering.resolve();
  await stopped;
  expect(await renewal).toEqual({ kind: 'renewed' });
  expect(order.slice(3)).toEqual(['apps, in generation 2', 'audit']);
  expect(await scene.row(grantId)).toMatchObject({ last_used_at: scene.clock.now() });
  expect((await scene.read(connectionId)).generation).toBe(2);
});

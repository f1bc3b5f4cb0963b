import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createActivities, createGroupActivities } from '../../src/engine/temporal/activities.ts';
import type { Batch, Claimed, ClaimInput, RefreshOneInput } from '../../src/engine/temporal/contract.ts';
import { createScene, minute, type Scene } from '../../src/grants/scene.test-support.ts';
import { parseSettings } from '../../src/settings/index.ts';
import { until } from '../support/wait.ts';

/* Activities as a worker calls them, without a server. */

const input: ClaimInput = { shard: 0, room: 100, batch: 50, paused: [] };

const setUp = async (due: number) => {
  const scene = await createScene({ refresh: { limits: { concurrency: 1000 } } });
  for (let count = 0; count < due; count++) await scene.connect();
  scene.clock.advance(50 * minute);
  const temporal = { groups: { eu: ['other'] }, shards: 1 };
  const { settings } = parseSettings({ temporal }, {}, { builtins: [] });
  const { claimDue, releaseLeases } = createActivities(scene.context, settings.temporal);
  const { refreshBatch, refreshOne } = createGroupActivities(scene.context, scene.renewals);
  /** One call of one activity of a run, at its attempt. */
  const at = (activityId: string, attempt = 1) =>
    new MockActivityEnvironment({ activityId, attempt, workflowExecution: { workflowId: 'w', runId: 'run' } });
  const claim = (activityId: string, attempt = 1, changes: Partial<ClaimInput> = {}): Promise<Claimed> =>
    at(activityId, attempt).run(claimDue, { ...input, ...changes });
  return { scene, claim, at, releaseLeases, refreshBatch, refreshOne };
};

const idsOf = (batches: Batch[]): string[] => batches.flatMap(({ grants }) => grants.map(({ id }) => id)).sort();

const failureOf = async (work: Promise<unknown>): Promise<Error & { type: string }> => {
  try {
    await work;
  } catch (error) {
    return error as Error & { type: string };
  }
  throw new Error('it did not fail');
};

const held = (scene: Scene) => {
  const releases: (() => void)[] = [];
  scene.behaves = async (refreshToken) => {
    await new Promise<void>((resolve) => releases.push(resolve));
    return scene.platform.present(refreshToken);
  };
  return releases;
};

describe('claimDue', () => {
  it('gives batches of a size, for whose workers they are, and when to look again', async () => {
    const { claim } = await setUp(25);
    const { batches, nextIn, surplus } = await claim('1', 1, { room: 24, batch: 10 });
    expect(batches.map(({ grants }) => grants.length)).toEqual([10, 10, 4]);
    expect(batches.map(({ owner, group }) => [owner, group])).toEqual(Array(3).fill(['run/1', 'default']));
    // One more is due already.
    expect({ nextIn, surplus }).toEqual({ nextIn: 0, surplus: false });
  });

  it('repeated, because its answer got lost, gives what it gave before', async () => {
    const { claim } = await setUp(30);
    const first = await claim('1', 1, { room: 10 });
    expect(idsOf(first.batches)).toHaveLength(10);
    for (const attempt of [2, 3]) {
      expect(idsOf((await claim('1', attempt, { room: 10 })).batches)).toEqual(idsOf(first.batches));
    }
    const next = await claim('2', 1, { room: 10 });
    expect(idsOf(next.batches)).toHaveLength(10);
    expect(new Set([...idsOf(first.batches), ...idsOf(next.batches)]).size).toBe(20);
  });

  it('repeated after it reserved nothing claims now', async () => {
    const { claim } = await setUp(3);
    expect(idsOf((await claim('1', 2)).batches)).toHaveLength(3);
  });

  it('tells a shard that is one too many', async () => {
    const { claim } = await setUp(3);
    expect(await claim('1', 1, { shard: 1 })).toMatchObject({ batches: [], surplus: true });
  });

  it('passes over what is paused, and does not look for it again at once', async () => {
    const { claim } = await setUp(3);
    const { batches, nextIn } = await claim('1', 1, { paused: ['acme'] });
    expect(batches).toEqual([]);
    expect(nextIn).toBe(300_000);
  });

  it('fails with our code and nothing else', async () => {
    const { scene, claim } = await setUp(1);
    scene.database.down = true;
    const { type, message, stack } = await failureOf(claim('1'));
    expect({ type, message, stack }).toEqual({
      type: 'storage_unavailable',
      message: 'The work failed; the log of the worker says how',
      stack: '',
    });
  });
});

describe('refreshBatch', () => {
  it('counts what became of each', async () => {
    const { scene, claim, at, refreshBatch } = await setUp(4);
    scene.answerNext(
      { status: 400, headers: {}, body: '{"error":"invalid_grant"}' },
      { status: 503, headers: {}, body: '' },
    );
    const { batches } = await claim('1');
    expect(await at('2').run(refreshBatch, batches[0]!)).toEqual({ renewed: 2, failed: 1, ended: 1 });
    // Nothing is left of it for anybody else.
    expect(await at('2').run(refreshBatch, batches[0]!)).toEqual({ renewed: 0, failed: 0, ended: 0 });
    expect(scene.presented).toHaveLength(4);
  });

  it('cancelled, finishes what it sent and gives the rest back', async () => {
    const { scene, claim, at, refreshBatch } = await setUp(70);
    const releases = held(scene);
    const { batches } = await claim('1', 1, { batch: 70 });
    const environment = at('2');
    const running = environment.run(refreshBatch, batches[0]!);
    await until('what is sent at a time', () => releases.length === 50);
    environment.cancel('WORKER_SHUTDOWN');
    for (const release of releases) release();
    expect(await running).toEqual({ renewed: 50, failed: 0, ended: 0 });
    expect(scene.presented).toHaveLength(50);
    const { batches: again } = await claim('3', 1, { batch: 70 });
    expect(idsOf(again)).toHaveLength(20);
    expect(again[0]!.grants.every(({ due }) => due! < scene.clock.now())).toBe(true);
  });

  it('cancelled before it began sends nothing', async () => {
    const { scene, claim, at, refreshBatch } = await setUp(3);
    const { batches } = await claim('1');
    const environment = at('2');
    environment.cancel('CANCELLED');
    expect(await environment.run(refreshBatch, batches[0]!)).toEqual({ renewed: 0, failed: 0, ended: 0 });
    expect(scene.presented).toEqual([]);
    expect(idsOf((await claim('3')).batches)).toHaveLength(3);
  });
});

describe('refreshOne', () => {
  it('renews one grant once, and tells nothing but codes', async () => {
    const { scene, at, refreshOne } = await setUp(0);
    const { grantId } = await scene.connect();
    const wanted: RefreshOneInput = { grantId, generation: 1, mode: 'reader' };
    scene.answerNext({ status: 503, headers: { 'retry-after': '7' }, body: '{"error":"c4n4ry"}' });
    const failed = await at('1').run(refreshOne, wanted);
    expect(failed).toEqual({ kind: 'failed', code: 'provider_unavailable', retryAfter: expect.any(Number) });
    expect(await at('2').run(refreshOne, wanted)).toMatchObject({
      kind: 'waiting',
      until: expect.any(Number),
      code: 'provider_unavailable',
    });
    // A person waits out no pause.
    const person: RefreshOneInput = { ...wanted, mode: 'person' };
    expect(await at('3').run(refreshOne, person)).toEqual({ kind: 'renewed' });
    expect(await at('4').run(refreshOne, wanted)).toEqual({ kind: 'superseded' });
    expect(scene.presented).toHaveLength(2);
  });
});

describe('releaseLeases', () => {
  it('gives back what was not sent, and only that', async () => {
    const { scene, claim, at, refreshBatch, releaseLeases } = await setUp(4);
    const { batches } = await claim('1', 1, { batch: 2 });
    const releases = held(scene);
    const running = at('2').run(refreshBatch, batches[0]!);
    await until('two requests', () => releases.length === 2);
    for (const batch of batches) await at('3').run(releaseLeases, batch);
    expect(idsOf((await claim('4')).batches)).toEqual(idsOf([batches[1]!]));
    for (const release of releases) release();
    expect(await running).toMatchObject({ renewed: 2 });
    expect(scene.presented).toHaveLength(2);
  });
});

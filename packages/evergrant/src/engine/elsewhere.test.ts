import { describe, expect, it } from 'vitest';
import { createScene, minute } from '../grants/scene.test-support.ts';
import { throughEngine } from './elsewhere.ts';
import type { Engine, Wanted } from './types.ts';

const setUp = async () => {
  const scene = await createScene();
  const { grantId } = await scene.connect();
  scene.clock.advance(50 * minute);
  const asked: [provider: string, wanted: Wanted][] = [];
  let answer = Promise.withResolvers<{ kind: 'renewed' }>();
  let isElsewhere = true;
  const engine: Engine = {
    poke: () => {},
    stop: async () => {},
    renewElsewhere(provider, wanted) {
      if (!isElsewhere) return null;
      asked.push([provider, wanted]);
      return answer.promise;
    },
  };
  let running: Engine | null = engine;
  const renewals = throughEngine(scene.context, scene.renewals, () => running);
  return {
    scene,
    grantId,
    asked,
    renewals,
    answer: () => {
      answer.resolve({ kind: 'renewed' });
      answer = Promise.withResolvers();
    },
    sendHere: () => {
      isElsewhere = false;
    },
    without: (changed: Engine | null) => {
      running = changed;
    },
  };
};

describe('a renewal that is sent elsewhere', () => {
  it('is asked for once by all who wait for it here, and not sent from here', async () => {
    const { scene, grantId, asked, renewals, answer } = await setUp();
    const waiting = [1, 2, 3].map(() => renewals.renew(grantId, 'reader', 1));
    await expect.poll(() => asked).toEqual([['acme', { grantId, generation: 1, mode: 'reader' }]]);
    answer();
    expect(await Promise.all(waiting)).toEqual(Array(3).fill({ kind: 'renewed' }));
    expect(asked).toHaveLength(1);
    expect(scene.presented).toEqual([]);
    // The next one is another one.
    const next = renewals.renew(grantId, 'person', 1);
    await expect.poll(() => asked).toHaveLength(2);
    answer();
    await next;
  });

  it('is not asked for where somebody was faster, or there is nothing to renew', async () => {
    const { scene, grantId, asked, renewals } = await setUp();
    await scene.renewDue();
    expect(await renewals.renew(grantId, 'reader', 1)).toEqual({ kind: 'superseded' });
    expect(await renewals.renew('grant_absent', 'reader', 1)).toEqual({ kind: 'gone' });
    expect(asked).toEqual([]);
  });

  it('is sent from here where the engine lets it, knows of nowhere else, or does not run', async () => {
    const { scene, grantId, asked, renewals, sendHere, without } = await setUp();
    sendHere();
    expect(await renewals.renew(grantId, 'reader', 1)).toEqual({ kind: 'renewed' });
    without({ poke: () => {}, stop: async () => {} });
    expect(await renewals.renew(grantId, 'reader', 2)).toEqual({ kind: 'renewed' });
    without(null);
    expect(await renewals.renew(grantId, 'reader', 3)).toEqual({ kind: 'renewed' });
    expect(scene.presented).toHaveLength(3);
    expect(asked).toEqual([]);
  });
});

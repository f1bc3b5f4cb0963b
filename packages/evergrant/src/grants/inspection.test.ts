import { describe, expect, it } from 'vitest';
import { inspect, observe } from './inspection.ts';
import { connectDue } from './renewing.test-support.ts';
import { createScene, hour, minute, passUntil, refusal, type Scene, second } from './scene.test-support.ts';
import { holdDuration } from './timing.ts';

/** Lines of the metrics that name one of these. */
const measured = async ({ context }: Pick<Scene, 'context'>, ...names: string[]): Promise<string[]> => {
  context.metrics.observe(() => observe(context));
  const { body } = await context.metrics.expose();
  return body.split('\n').filter((line) => names.some((name) => new RegExp(`^${name}[ {]`).test(line)));
};

describe('refusals that are held back', () => {
  const gauge = 'evergrant_provider_refusals_held';

  it('are shown for as long as they are', async () => {
    const scene = await createScene();
    for (let count = 0; count < 25; count++) await scene.connect();
    // Whichever jitter each of them has.
    scene.clock.advance(hour);
    expect(await inspect(scene.context)).toMatchObject({ holds: [] });
    expect(await measured(scene, gauge)).toEqual([]);

    scene.behaves = refusal;
    await scene.renewDue();
    const until = new Date(scene.clock.now() + holdDuration).toISOString();
    const { provider } = scene.app;
    expect(await inspect(scene.context)).toMatchObject({ holds: [{ provider, until }], gates: [] });
    expect(await measured(scene, gauge)).toEqual([`${gauge}{provider="${provider}"} 1`]);

    scene.clock.advance(holdDuration);
    expect(await inspect(scene.context)).toMatchObject({ holds: [] });
    expect(await measured(scene, gauge)).toEqual([]);
  });
});

describe('an answer that lies in the journal', () => {
  const gauges = ['evergrant_journalled_answers', 'evergrant_journalled_answers_oldest_seconds'];

  it('is shown, with its age, until somebody has committed it', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    scene.context.step = (name) => {
      if (name === 'read') scene.database.down = true;
    };
    const other = scene.startNode('two');
    const journalled = async () => (await inspect(other.context)).journalled;
    expect(await journalled()).toEqual({ count: 0, oldest: null });
    const came = scene.clock.now();
    await scene.renewals.beginDue(1, () => {});
    await passUntil(scene.clock, () => scene.database.down, { step: 0 });

    scene.clock.advance(90 * second);
    expect(await journalled()).toEqual({ count: 1, oldest: new Date(came).toISOString() });
    expect(await measured(other, ...gauges)).toEqual([`${gauges[0]} 1`, `${gauges[1]} 90`]);

    await other.renewals.recover(minute);
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
    expect(await journalled()).toEqual({ count: 0, oldest: null });
    expect(await measured(other, ...gauges)).toEqual([`${gauges[0]} 0`, `${gauges[1]} 0`]);
    scene.database.down = false;
    await passUntil(scene.clock, async () => (await scene.row(grantId)).lease_until === null);
  });
});

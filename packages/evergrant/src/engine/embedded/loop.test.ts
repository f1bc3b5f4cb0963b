import { afterEach, describe, expect, it } from 'vitest';
import { connectDue, silence as silent } from '../../grants/renewing.test-support.ts';
import {
  createScene,
  hour,
  minute,
  passUntil,
  type Scene,
  second,
  unavailable,
} from '../../grants/scene.test-support.ts';
import type { Engine } from '../types.ts';
import { startEngine } from './loop.ts';

const running: Engine[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((engine) => engine.stop()));
});

const run = ({ context, renewals }: Scene, chores: (() => Promise<void>)[] = []): Engine => {
  const engine = startEngine(context, renewals, chores);
  running.push(engine);
  return engine;
};

/** Moves the clock on, as time does: in steps between which the engine works. */
const pass = async (scene: Scene, milliseconds: number, step = 250): Promise<void> => {
  const until = scene.clock.now() + milliseconds;
  await passUntil(scene.clock, () => scene.clock.now() >= until, { step });
};

describe('the embedded engine', () => {
  it('renews what is due when it is due, and looks at nothing else', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    run(scene);
    const { due_at } = await scene.row(grantId);
    await pass(scene, due_at! - scene.clock.now() - second, second);
    expect(scene.presented).toEqual([]);
    await pass(scene, 2 * second);
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
    expect(scene.presented).toHaveLength(1);
  });

  it('beats while it comes round, also where passes fail, and no more once one hangs', async () => {
    const scene = await createScene();
    let begin: typeof scene.renewals.beginDue = (...args) => scene.renewals.beginDue(...args);
    const engine = startEngine(scene.context, { ...scene.renewals, beginDue: (...args) => begin(...args) }, []);
    const silence = () => scene.clock.monotonic() - engine.lastBeat!();
    await pass(scene, 40 * second, second);
    expect(silence()).toBeLessThanOrEqual(16 * second);
    begin = () => Promise.reject(new Error('the database is away'));
    await pass(scene, 40 * second, second);
    expect(silence()).toBeLessThanOrEqual(3 * second);
    const hanging = Promise.withResolvers<number>();
    begin = () => hanging.promise;
    await pass(scene, 90 * second, second);
    expect(silence()).toBeGreaterThan(60 * second);
    hanging.resolve(0);
    await engine.stop();
  });

  it('hears of what became due earlier than it knew', async () => {
    const scene = await createScene({ knobs: { lifetime: 1000 * hour } });
    const engine = run(scene);
    await pass(scene, 2 * second);
    const { grantId } = await scene.connect();
    await scene.store.db.updateTable('schedule').set({ due_at: scene.clock.now() }).execute();
    engine.poke();
    await passUntil(scene.clock, async () => (await scene.grant(grantId)).generation === 2, { step: 0 });
  });

  it('finds within 15 seconds what nobody told it', async () => {
    const scene = await createScene({ knobs: { lifetime: 1000 * hour } });
    run(scene);
    await pass(scene, 2 * second);
    const { grantId } = await scene.connect();
    await scene.store.db.updateTable('schedule').set({ due_at: scene.clock.now() }).execute();
    await pass(scene, 15 * second);
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
  });

  it('goes on when the database was away', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    scene.clock.advance(hour);
    scene.database.down = true;
    run(scene);
    await pass(scene, minute);
    expect(scene.presented).toEqual([]);
    scene.database.down = false;
    await pass(scene, 3 * second);
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
  });

  it('lets those who hold answers commit first, when the database comes back: they try four times a second', async () => {
    for (let phase = 0; phase < second; phase += 90) {
      const scene = await createScene();
      await connectDue(scene);
      scene.answerNext(silent(scene, 'nothing happens'));
      await scene.renewDue();
      scene.clock.advance(hour);
      let sentAt = 0;
      scene.behaves = async (token) => {
        sentAt = scene.clock.now();
        return scene.platform.present(token);
      };
      scene.database.down = true;
      run(scene);
      await pass(scene, 5 * second + phase, 10);
      scene.database.down = false;
      const back = scene.clock.now();
      await pass(scene, 3 * second, 10);
      expect(sentAt - back).toBeGreaterThanOrEqual(second);
      await running.pop()!.stop();
    }
  });

  it('sends no more at a time than there is room for, and fills it again', async () => {
    const scene = await createScene({ refresh: { limits: { concurrency: 10 } } });
    for (let serial = 0; serial < 60; serial++) await scene.connect();
    scene.clock.advance(hour);
    let [underWay, most] = [0, 0];
    scene.behaves = async (token) => {
      most = Math.max(most, ++underWay);
      await new Promise<void>((resolve) => void scene.clock.after(100, resolve));
      underWay--;
      return scene.platform.present(token);
    };
    run(scene);
    await pass(scene, 3 * second, 10);
    expect(most).toBe(8);
    expect(scene.presented).toHaveLength(60);
  });
});

describe('what the engine does beside the renewals', () => {
  it('is done every 15 seconds, also under a load that never ends', async () => {
    const scene = await createScene();
    const { clock } = scene;
    let [begun, rounds] = [0, 0];
    // At every look something is due.
    const beginDue: Scene['renewals']['beginDue'] = async (_, done) => {
      clock.after(50, done);
      begun++;
      return 1;
    };
    run({ ...scene, renewals: { ...scene.renewals, beginDue } }, [async () => void rounds++]);
    await pass(scene, 2 * minute, 20);
    expect(begun).toBeGreaterThan(1000);
    expect(rounds).toBeGreaterThanOrEqual(8);
    expect(rounds).toBeLessThanOrEqual(9);
  });

  it('holds up no renewal, however long it takes', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    const { promise: hangs, resolve: end } = Promise.withResolvers<void>();
    run(scene, [() => hangs]);
    await scene.advanceToDue(grantId);
    await pass(scene, 20 * second);
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
    end();
  });

  it('goes on when one of it fails', async () => {
    const scene = await createScene();
    let rounds = 0;
    const failing = async () => {
      throw new Error('wrong');
    };
    run(scene, [failing, async () => void rounds++]);
    await pass(scene, minute);
    expect(rounds).toBeGreaterThanOrEqual(4);
  });
});

describe('the end of the engine', () => {
  it('waits for what was sent, commits it, and begins nothing more', async () => {
    const scene = await createScene();
    const sent = await scene.connect();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    scene.answerNext(async (token) => {
      await held;
      return scene.platform.present(token);
    });
    const engine = run(scene);
    await scene.advanceToDue(sent.grantId);
    await passUntil(scene.clock, () => scene.presented.length === 1);
    const later = await scene.connect();
    let over = false;
    const stopped = engine.stop().then(() => {
      over = true;
    });
    await pass(scene, 10 * second);
    expect(over).toBe(false);
    release();
    await stopped;
    expect(await scene.grant(sent.grantId)).toMatchObject({ generation: 2 });
    await scene.advanceToDue(later.grantId);
    await pass(scene, minute);
    expect(scene.presented).toHaveLength(1);
  });

  it('comes at once when nothing was sent, also while the platform fails', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    scene.behaves = unavailable;
    const engine = run(scene);
    await scene.advanceToDue(grantId);
    await pass(scene, minute);
    await engine.stop();
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active' });
  });
});

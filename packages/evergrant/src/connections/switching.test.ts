import { expect, it } from 'vitest';
import { createScene, hour, passUntil, type Scene, unavailable } from '../grants/scene.test-support.ts';
import { retryNow } from '../store/schedule.ts';
import { createConnections } from './connections.ts';

const switchTo = (scene: Scene, id: string, disabled: boolean) =>
  createConnections(scene.context, scene.renewals, { publicUrl: 'https://evergrant.example' }).update(id, { disabled });

/** Switched off between a request and its answer. */
const switchedOffMeanwhile = async (answer: 'tokens' | 'a failure') => {
  const scene = await createScene();
  const { grantId, connectionId } = await scene.connect();
  await scene.advanceToDue(grantId);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  scene.answerNext(async (token) => {
    await held;
    return answer === 'tokens' ? scene.platform.present(token) : unavailable;
  });
  await scene.renewals.beginDue(1, () => {});
  await passUntil(scene.clock, () => scene.presented.length === 1, { step: 0 });
  await switchTo(scene, connectionId, false);
  await switchTo(scene, connectionId, true);
  release();
  await scene.renewals.idle();
  return { scene, grantId, connectionId };
};

it.each(['tokens', 'a failure'] as const)(
  'what is switched off while it is renewed stays off, when %s come',
  async (answer) => {
    const { scene, grantId, connectionId } = await switchedOffMeanwhile(answer);
    expect(await scene.grant(grantId)).toMatchObject({ generation: answer === 'tokens' ? 2 : 1, status: 'active' });
    expect(await scene.row(grantId)).toMatchObject({ due_at: null, mark_id: null, lease_until: null });
    await retryNow(scene.store.db, { provider: 'acme', clientId: 'client' }, scene.clock.now());
    scene.clock.advance(2 * hour);
    expect(await scene.renewDue()).toBe(0);

    await switchTo(scene, connectionId, false);
    expect(await scene.renewDue()).toBe(1);
    expect(await scene.grant(grantId)).toMatchObject({ generation: answer === 'tokens' ? 3 : 2 });
  },
);

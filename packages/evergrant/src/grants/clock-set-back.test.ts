import { expect, it } from 'vitest';
import { claimGrant } from './claim.ts';
import { watchClock } from './clock-set-back.ts';
import { createScene, day, hour, second } from './scene.test-support.ts';
import { leaseDuration } from './timing.ts';

/** The clock of a machine that started a day ahead, until it heard what time it is. */
const setBack = async () => {
  const scene = await createScene();
  const before = await scene.connect();
  scene.clock.jump(day);
  const look = watchClock(scene.context);
  const ahead = await scene.connect();
  const leased = await scene.connect();
  await claimGrant(scene.context, leased.grantId, 'person');
  scene.clock.jump(-day);
  scene.clock.advance(leaseDuration + second);
  return { scene, look, before, ahead, leased };
};

it('renews what seems to be issued in the future once the clock was set back, and ends leases from there', async () => {
  const { scene, look, before, ahead, leased } = await setBack();
  expect(await scene.renewDue()).toBe(0);
  await look();
  const now = scene.clock.now();
  expect(await scene.row(ahead.grantId)).toMatchObject({ due_at: now, fence: 0 });
  expect(await scene.row(leased.grantId)).toMatchObject({ due_at: now, lease_until: null, mark_at: now, fence: 1 });
  expect((await scene.row(before.grantId)).due_at).toBeGreaterThan(now);

  expect(await scene.renewDue()).toBe(1);
  const { generation, expires_at } = await scene.grant(ahead.grantId);
  expect(generation).toBe(2);
  expect(expires_at).toBeLessThan(now + hour);
});

it('tries again when the database is away', async () => {
  const { scene, look, ahead } = await setBack();
  scene.database.down = true;
  await expect(look()).rejects.toMatchObject({ code: 'storage_unavailable' });
  scene.database.down = false;
  await look();
  expect((await scene.row(ahead.grantId)).due_at).toBe(scene.clock.now());
});

it('leaves everything alone when the clock is corrected by a little, or set forward', async () => {
  const scene = await createScene();
  const { grantId } = await scene.connect();
  const { due_at } = await scene.row(grantId);
  const look = watchClock(scene.context);
  for (const jump of [-59 * second, hour, -59 * second]) {
    scene.clock.jump(jump);
    await look();
  }
  expect((await scene.row(grantId)).due_at).toBe(due_at);
});

import { expect, it } from 'vitest';
import { connections } from '../store/index.ts';
import { remindOfReauth } from './reminding.ts';
import { createScene, refusal } from './scene.test-support.ts';

it('reminds of a connection that needs a person, once for each number of days, and until it needs none', async () => {
  const scene = await createScene();
  const { grantId, connectionId } = await scene.connect();
  const remind = (days: number, generation = 1) => remindOfReauth(scene.context, { connectionId, generation, days });
  const reminders = async () =>
    (await scene.events(connectionId)).filter(({ type }) => type === 'connection.reauth_reminder');
  expect(await remind(1)).toBe(false);

  scene.answerNext(refusal);
  await scene.renewals.renew(grantId, 'person');
  expect(await remind(1)).toBe(true);
  expect(await remind(1)).toBe(true);
  expect(await remind(3)).toBe(true);
  const data = { reason: 'revoked_or_expired', generation: 1 };
  expect(await reminders()).toMatchObject([
    { data: { ...data, waiting_days: 1 } },
    { data: { ...data, waiting_days: 3 } },
  ]);
  // Of another time at which it needed one.
  expect(await remind(7, 2)).toBe(false);
  // Switched off, nobody needs to know; it may be switched on again.
  await connections.update(scene.store.db, connectionId, { disabled_at: 1 });
  expect(await remind(7)).toBe(true);
  await connections.remove(scene.store.db, connectionId);
  expect(await remind(7)).toBe(false);
  expect(await reminders()).toHaveLength(2);
});

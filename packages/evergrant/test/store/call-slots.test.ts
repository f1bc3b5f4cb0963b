import { expect, test } from 'vitest';
import { callSlots } from '../../src/store/index.ts';
import { noon } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

const app = { provider: 'acme', clientId: 'client' };
const lease = 30_000;

describeOnEachDatabase('the slots of calls', (database) => {
  const take = (slot: number, holder: string, now = noon, of = app) =>
    callSlots.take(database.store.db, { ...of, slot, holder }, now, now + lease);
  const held = async (now = noon) => new Set(await callSlots.held(database.store.db, app, now));

  test('are held by one call each, by every app its own', async () => {
    expect(await take(1, 'first')).toBe(true);
    expect(await take(1, 'second')).toBe(false);
    expect(await take(2, 'second')).toBe(true);
    expect(await take(1, 'third', noon, { ...app, clientId: 'another' })).toBe(true);
    expect(await held()).toEqual(new Set([1, 2]));
  });

  test('are given to one of two nodes that try at once', async () => {
    const other = await database.open();
    for (let slot = 1; slot <= 20; slot++) {
      const taken = await Promise.all(
        [database.store, other].map(({ db }, node) =>
          callSlots.take(db, { ...app, slot, holder: `node ${node}` }, noon, noon + lease),
        ),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
    }
  });

  test('are free when they are given back, and when their holder has died', async () => {
    await take(1, 'first');
    await callSlots.hold(database.store.db, { ...app, slot: 1, holder: 'first' }, 0);
    expect(await held()).toEqual(new Set());
    expect(await take(1, 'second')).toBe(true);
    expect(await take(1, 'third', noon + lease - 1)).toBe(false);
    expect(await take(1, 'third', noon + lease)).toBe(true);
  });

  test('are no longer those of a holder that came back too late', async () => {
    await take(1, 'late');
    await take(1, 'next', noon + lease);
    await callSlots.hold(database.store.db, { ...app, slot: 1, holder: 'late' }, 0);
    expect(await held(noon + lease)).toEqual(new Set([1]));
  });
});

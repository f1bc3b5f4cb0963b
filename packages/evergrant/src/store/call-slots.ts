import type { Queryable } from './dialect.ts';
import type { GateKey } from './gates.ts';

/** A slot of an app, held by one call. */
export interface HeldSlot extends GateKey {
  slot: number;
  holder: string;
}

/** The slots of an app that are held. */
export const held = async (db: Queryable, { provider, clientId }: GateKey, now: number): Promise<number[]> => {
  const rows = await db
    .selectFrom('call_slots')
    .select('slot')
    .where('provider', '=', provider)
    .where('client_id', '=', clientId)
    .where('until', '>', now)
    .execute();
  return rows.map(({ slot }) => slot);
};

/**
 * Takes one slot if it is free, in a single statement: of two nodes that try at once, one gets it.
 *
 * @param now by the database's clock
 * @returns whether it is held now
 */
export const take = async (
  db: Queryable,
  { provider, clientId, slot, holder }: HeldSlot,
  now: number,
  until: number,
): Promise<boolean> => {
  const taken = await db
    .insertInto('call_slots')
    .values({ provider, client_id: clientId, slot, holder, until })
    .onConflict((conflict) =>
      conflict
        .columns(['provider', 'client_id', 'slot'])
        .doUpdateSet({ holder, until })
        .where('call_slots.until', '<=', now),
    )
    .returning('slot')
    .executeTakeFirst();
  return taken !== undefined;
};

/** Sets when a held slot is free again: later while its call goes on, at once when it has ended. */
export const hold = async (
  db: Queryable,
  { provider, clientId, slot, holder }: HeldSlot,
  until: number,
): Promise<void> => {
  await db
    .updateTable('call_slots')
    .set({ until })
    .where('provider', '=', provider)
    .where('client_id', '=', clientId)
    .where('slot', '=', slot)
    .where('holder', '=', holder)
    .execute();
};

import type { Queryable } from './index.ts';
import type { GateRow } from './schema.ts';

export const find = (db: Queryable, provider: string, clientId: string): Promise<GateRow | undefined> =>
  db
    .selectFrom('provider_gates')
    .selectAll()
    .where('provider', '=', provider)
    .where('client_id', '=', clientId)
    .executeTakeFirst();

export const list = (db: Queryable): Promise<GateRow[]> => db.selectFrom('provider_gates').selectAll().execute();

/** Opens the gate of an app, or puts off its next probe. True: it was closed before. */
export const open = async (db: Queryable, gate: GateRow): Promise<boolean> => {
  const known = await find(db, gate.provider, gate.client_id);
  await db
    .insertInto('provider_gates')
    .values(gate)
    .onConflict((c) => c.columns(['provider', 'client_id']).doUpdateSet({ probe_at: gate.probe_at, error: gate.error }))
    .execute();
  return known === undefined;
};

/** Closes the gate of an app. True: it was open. */
export const close = async (db: Queryable, provider: string, clientId: string): Promise<boolean> => {
  const result = await db
    .deleteFrom('provider_gates')
    .where('provider', '=', provider)
    .where('client_id', '=', clientId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
};

/** Lets every app be probed at once: a restart may have brought better credentials. */
export const probeAllNow = async (db: Queryable, now: number): Promise<void> => {
  await db.updateTable('provider_gates').set({ probe_at: now }).execute();
};

import { isPostgres, type Queryable } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { Changes, GateRow, ProviderGatesTable } from './schema.ts';

/** An app as the gate knows it. */
export interface GateKey {
  provider: string;
  clientId: string;
}

const selecting = (lock: boolean) =>
  prepared((db, { provider, clientId }: GateKey) =>
    db
      .selectFrom('provider_gates')
      .selectAll()
      .where('provider', '=', provider)
      .where('client_id', '=', clientId)
      .$if(lock && isPostgres(db), (query) => query.forUpdate()),
  );

const select = { reading: selecting(false), locking: selecting(true) };

/** @param lock whether other transactions wait for this one before they take from the same limits */
export const find = async (db: Queryable, app: GateKey, lock = false): Promise<GateRow | undefined> =>
  (await (lock ? select.locking : select.reading)(db, app)).rows[0];

export const list = (db: Queryable): Promise<GateRow[]> => db.selectFrom('provider_gates').selectAll().execute();

const insertUnlessThere = prepared((db, { provider, clientId, now }: GateKey & { now: number }) =>
  db
    .insertInto('provider_gates')
    .values({
      provider,
      client_id: clientId,
      blocked_by: null,
      opened_at: null,
      probe_at: now,
      probes: 1,
      failures: 0,
      error: null,
      hold_until: null,
      permits: 0,
      refilled_at: 0,
    })
    .onConflict((c) => c.columns(['provider', 'client_id']).doNothing()),
);

/** Makes the row of an app, closed and with nothing spent, unless there is one. */
export const ensure = async (db: Queryable, app: GateKey, now: number): Promise<void> => {
  await insertUnlessThere(db, { ...app, now });
};

export const update = async (
  db: Queryable,
  { provider, clientId }: GateKey,
  changes: Changes<ProviderGatesTable>,
): Promise<void> => {
  await db
    .updateTable('provider_gates')
    .set(changes)
    .where('provider', '=', provider)
    .where('client_id', '=', clientId)
    .execute();
};

/** Lets one app be probed at once, if its credentials were refused. @returns whether they were */
export const probeNow = async (db: Queryable, { provider, clientId }: GateKey, now: number): Promise<boolean> => {
  const result = await db
    .updateTable('provider_gates')
    .set({ probe_at: now })
    .where('provider', '=', provider)
    .where('client_id', '=', clientId)
    .where('blocked_by', '=', 'credentials')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

/** Lets every blocked app be probed at once: a restart may have brought better credentials. */
export const probeAllNow = async (db: Queryable, now: number): Promise<void> => {
  await db.updateTable('provider_gates').set({ probe_at: now }).where('blocked_by', 'is not', null).execute();
};

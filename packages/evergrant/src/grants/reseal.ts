import { installation, type Store, sealed } from '../store/index.ts';
import { sealCheck, type Vault } from '../vault/index.ts';

/** How far the sealing anew has come. */
export interface ResealProgress {
  /** Rows looked at, of so many. */
  done: number;
  total: number;
  /** Values that were sealed anew. */
  resealed: number;
}

/** Under this name a value is stored that only the right key opens. */
export const keyCheck = 'key_check';

/** Rows in one transaction: few enough that nobody who reads or renews waits for it. */
const batch = 100;

/**
 * Seals everything anew that another key than the first sealed, while the service goes on. A value that changes
 * meanwhile is left as it is: it was sealed by whoever changed it. Begun again after a stop, it passes over what is done.
 *
 * @param report called after each batch
 * @throws EvergrantError `storage_key_unavailable` when a value was sealed with a key that is not there
 */
export const reseal = async (
  { store, vault }: { store: Store; vault: Vault },
  report: (progress: ResealProgress) => void = () => {},
): Promise<ResealProgress> => {
  const tables = await sealed.tables(store.db);
  const sizes = await Promise.all(tables.map((table) => sealed.size(store.db, table)));
  const progress: ResealProgress = { done: 0, total: sizes.reduce((sum, size) => sum + size, 0), resealed: 0 };
  for (const table of tables) {
    for (let after = ''; ; ) {
      const rows = await sealed.page(store.db, table, after, batch);
      const old = rows.flatMap(({ id, envelopes }) =>
        Object.entries(envelopes)
          .filter(([, envelope]) => vault.keyIdOf(envelope) !== vault.primaryKeyId)
          .map(([column, envelope]) => ({ place: { table: table.table, column, id }, envelope })),
      );
      if (old.length > 0) {
        await store.transaction(async (tx) => {
          for (const { place, envelope } of old) {
            const bound = { table: place.table, column: place.column, row: place.id };
            await sealed.swap(tx, place, envelope, vault.seal(vault.open(envelope, bound), bound));
          }
        });
      }
      progress.done += rows.length;
      progress.resealed += old.length;
      report({ ...progress, total: Math.max(progress.total, progress.done) });
      const last = rows.at(-1);
      if (!last || rows.length < batch) break;
      after = last.id;
    }
  }
  await installation.set(store.db, keyCheck, sealCheck(vault));
  return progress;
};

/** How many stored values each key has sealed, by key id. A key with none is no longer needed. */
export const keyUse = async ({ store, vault }: { store: Store; vault: Vault }): Promise<Record<string, number>> => {
  const use: Record<string, number> = { [vault.primaryKeyId]: 0 };
  for (const table of await sealed.tables(store.db)) {
    for (let after = ''; ; ) {
      const rows = await sealed.page(store.db, table, after, 1000);
      for (const { envelopes } of rows) {
        for (const envelope of Object.values(envelopes)) {
          const id = vault.keyIdOf(envelope);
          use[id] = (use[id] ?? 0) + 1;
        }
      }
      const last = rows.at(-1);
      if (!last || rows.length < 1000) break;
      after = last.id;
    }
  }
  return use;
};

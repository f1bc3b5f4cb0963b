import { schedule } from '../store/index.ts';
import type { Context } from './context.ts';

/** Which grants' tokens were read: gathered here, so that reading writes nothing, and written for many at once. */
export interface Usage {
  note(grantId: string): void;
  /** Whether a grant's token was read and that is not written yet. */
  has(grantId: string): boolean;
  /** Writes what has gathered; what the database does not take is kept for the next time. */
  flush(context: Context): Promise<void>;
}

/** Ids in one statement. */
const chunk = 500;

export const createUsage = (): Usage => {
  let used = new Set<string>();
  return {
    note: (grantId) => void used.add(grantId),
    has: (grantId) => used.has(grantId),
    async flush({ store, clock }) {
      const ids = [...used];
      used = new Set();
      for (let at = 0; at < ids.length; at += chunk) {
        try {
          await schedule.noteUse(store.db, ids.slice(at, at + chunk), clock.now());
        } catch (error) {
          for (const id of ids.slice(at)) used.add(id);
          throw error;
        }
      }
    },
  };
};

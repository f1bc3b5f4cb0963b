import { grants, schedule } from '../store/index.ts';
import { type Context, isMigrating } from './context.ts';
import { migrationDue } from './timing.ts';

/** So many are planned in one transaction. */
const batch = 500;

/**
 * Plans the migration of what was granted before the operator wanted it; what is granted from then on is planned as any
 * other renewal. Once in the life of a process is enough: an option changes with a start.
 */
export const createMigrations = (context: Context): (() => Promise<void>) => {
  let done = false;
  return async () => {
    if (done) return;
    for (const app of context.apps.list().filter(isMigrating)) {
      while ((await planSome(context, app.provider, app.clientId)) === batch);
    }
    done = true;
  };
};

const planSome = ({ store, clock, notices }: Context, provider: string, clientId: string): Promise<number> =>
  store.transaction(async (tx) => {
    const ids = await grants.unplanned(tx, { provider, clientId }, batch);
    const rows = ids.map((id) => ({ grant_id: id, due_at: migrationDue(id, clock.now()) }));
    await schedule.updateEach(tx, rows);
    notices.changed('schedule');
    return ids.length;
  });

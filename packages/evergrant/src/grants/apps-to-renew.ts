import type { App } from '../protocols/types.ts';
import { schedule } from '../store/index.ts';
import type { Context } from './context.ts';

/**
 * Apps that may have something to renew: every configured one, and of those that were registered at instances the ones
 * with a grant that is due by then. Most instances give tokens without an end, so these are few.
 *
 * @param by milliseconds since the epoch
 */
export const appsToRenew = async ({ apps, store }: Context, by: number): Promise<readonly App[]> => {
  const providers = apps.perInstance();
  if (providers.length === 0) return apps.list();
  const registered = await schedule.duePerInstance(store.db, providers, by);
  return [...apps.list(), ...registered.map((grant) => apps.ofGrant(grant))];
};

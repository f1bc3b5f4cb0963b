import { appsToRenew } from '../grants/apps-to-renew.ts';
import type { Context } from '../grants/context.ts';
import { appName, gateKey } from '../grants/gate.ts';
import { gates, schedule } from '../store/index.ts';

/**
 * When the next renewal may begin: of a blocked app not before its probe.
 *
 * @param atMost no later than so many milliseconds from now
 * @param without providers that do not count
 */
export const nextWake = async (
  context: Context,
  now: number,
  atMost: number,
  without: readonly string[] = [],
): Promise<number> => {
  const blocked = new Map(
    (await gates.list(context.store.db))
      .filter((gate) => gate.blocked_by !== null)
      .map((gate) => [`${gate.provider} ${gate.client_id}`, gate.probe_at]),
  );
  let next = now + atMost;
  for (const app of await appsToRenew(context, next)) {
    if (without.includes(app.provider)) continue;
    const due = await schedule.nextDue(context.store.db, gateKey(app));
    if (due !== null) next = Math.min(next, Math.max(due, blocked.get(appName(app)) ?? 0));
  }
  return next;
};

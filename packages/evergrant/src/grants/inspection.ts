import { gates, schedule } from '../store/index.ts';
import type { Observation } from '../telemetry/metrics.ts';
import { appsToRenew } from './apps-to-renew.ts';
import type { Context } from './context.ts';
import { parseFailure } from './failure.ts';
import { gateKey } from './gate.ts';
import { isoTime } from './read.ts';

/** How the engine fares, for the operator. */
export interface Inspection {
  /** Renewals whose time has come; `oldest` is RFC 3339. */
  backlog: { due: number; oldest: string | null };
  /** Apps to which only probes are sent: their credentials are refused, or the platform fails. */
  gates: { provider: string; by: 'credentials' | 'outage'; error: string; since: string }[];
  /** Token answers that the database has not taken yet. */
  spooled: number;
}

const backlogOf = async (context: Context) => {
  const now = context.clock.now();
  return schedule.backlog(context.store.db, (await appsToRenew(context, now)).map(gateKey), now);
};

export const inspect = async (context: Context): Promise<Inspection> => {
  const { store, clock, spool } = context;
  const { due, oldest } = await backlogOf(context);
  return {
    backlog: { due, oldest: isoTime(oldest) },
    gates: (await gates.list(store.db))
      .filter((gate) => gate.blocked_by !== null)
      .map((gate) => ({
        provider: gate.provider,
        by: gate.blocked_by!,
        error: parseFailure(gate.error)?.code ?? 'internal',
        since: isoTime(gate.opened_at ?? clock.now()),
      })),
    spooled: await spool.count(),
  };
};

/** What a scrape of the metrics shows beside the counters. */
export const observe = async (context: Context): Promise<Observation> => {
  const { store, clock, spool, vault } = context;
  const { due, oldest } = await backlogOf(context);
  const blocked = (await gates.list(store.db)).filter((gate) => gate.blocked_by !== null);
  return {
    due,
    oldestDue: oldest === null ? 0 : (clock.now() - oldest) / 1000,
    spooled: await spool.count(),
    blocked: blocked.map((gate) => ({ provider: gate.provider, by: gate.blocked_by! })),
    seals: vault.counts(),
  };
};

import { gates, journal, schedule } from '../store/index.ts';
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
  /** Apps of which unusually many grants are refused: until then no refusal ends a connection. */
  holds: { provider: string; until: string }[];
  /** Token answers that lie in the journal and are not committed; most stay for milliseconds. `oldest` is RFC 3339. */
  journalled: { count: number; oldest: string | null };
  /** Token answers that the database has not taken yet. */
  spooled: number;
}

/** What both an operator's look and a scrape of the metrics tell, each in its own form. */
const figuresOf = async (context: Context) => {
  const { store, clock, spool } = context;
  const now = clock.now();
  const known = await gates.list(store.db);
  return {
    now,
    backlog: await schedule.backlog(store.db, (await appsToRenew(context, now)).map(gateKey), now),
    blocked: known.filter((gate) => gate.blocked_by !== null),
    holding: known.filter((gate) => gate.hold_until !== null && gate.hold_until > now),
    journalled: await journal.unfinishedFigures(store.db),
    spooled: await spool.count(),
  };
};

export const inspect = async (context: Context): Promise<Inspection> => {
  const { now, backlog, blocked, holding, journalled, spooled } = await figuresOf(context);
  return {
    backlog: { due: backlog.due, oldest: isoTime(backlog.oldest) },
    gates: blocked.map((gate) => ({
      provider: gate.provider,
      by: gate.blocked_by!,
      error: parseFailure(gate.error)?.code ?? 'internal',
      since: isoTime(gate.opened_at ?? now),
    })),
    holds: holding.map((gate) => ({ provider: gate.provider, until: isoTime(gate.hold_until!) })),
    journalled: { count: journalled.count, oldest: isoTime(journalled.oldest) },
    spooled,
  };
};

/** What a scrape of the metrics shows beside the counters. */
export const observe = async (context: Context): Promise<Observation> => {
  const { now, backlog, blocked, holding, journalled, spooled } = await figuresOf(context);
  const secondsSince = (time: number | null): number => (time === null ? 0 : (now - time) / 1000);
  return {
    due: backlog.due,
    oldestDue: secondsSince(backlog.oldest),
    journalled: journalled.count,
    oldestJournalled: secondsSince(journalled.oldest),
    spooled,
    blocked: blocked.map((gate) => ({ provider: gate.provider, by: gate.blocked_by! })),
    holding: holding.map(({ provider }) => provider),
    seals: context.vault.counts(),
  };
};

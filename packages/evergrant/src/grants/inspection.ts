import { type GateRow, gates, journal, schedule } from '../store/index.ts';
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

const backlogOf = async (context: Context) => {
  const now = context.clock.now();
  return schedule.backlog(context.store.db, (await appsToRenew(context, now)).map(gateKey), now);
};

const isHolding = (gate: GateRow, now: number): boolean => gate.hold_until !== null && gate.hold_until > now;

export const inspect = async (context: Context): Promise<Inspection> => {
  const { store, clock, spool } = context;
  const now = clock.now();
  const { due, oldest } = await backlogOf(context);
  const journalled = await journal.unfinishedFigures(store.db);
  const known = await gates.list(store.db);
  return {
    backlog: { due, oldest: isoTime(oldest) },
    gates: known
      .filter((gate) => gate.blocked_by !== null)
      .map((gate) => ({
        provider: gate.provider,
        by: gate.blocked_by!,
        error: parseFailure(gate.error)?.code ?? 'internal',
        since: isoTime(gate.opened_at ?? now),
      })),
    holds: known
      .filter((gate) => isHolding(gate, now))
      .map((gate) => ({ provider: gate.provider, until: isoTime(gate.hold_until!) })),
    journalled: { count: journalled.count, oldest: isoTime(journalled.oldest) },
    spooled: await spool.count(),
  };
};

/** What a scrape of the metrics shows beside the counters. */
export const observe = async (context: Context): Promise<Observation> => {
  const { store, clock, spool, vault } = context;
  const now = clock.now();
  const secondsSince = (time: number | null): number => (time === null ? 0 : (now - time) / 1000);
  const { due, oldest } = await backlogOf(context);
  const journalled = await journal.unfinishedFigures(store.db);
  const known = await gates.list(store.db);
  return {
    due,
    oldestDue: secondsSince(oldest),
    journalled: journalled.count,
    oldestJournalled: secondsSince(journalled.oldest),
    spooled: await spool.count(),
    blocked: known
      .filter((gate) => gate.blocked_by !== null)
      .map((gate) => ({ provider: gate.provider, by: gate.blocked_by! })),
    holding: known.filter((gate) => isHolding(gate, now)).map(({ provider }) => provider),
    seals: vault.counts(),
  };
};

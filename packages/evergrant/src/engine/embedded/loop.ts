import { isEvergrantError } from '../../errors/index.ts';
import type { Context } from '../../grants/context.ts';
import { endWithoutRenewal } from '../../grants/read.ts';
import type { RenewalOutcome, Renewals } from '../../grants/renew.ts';
import { noteDegraded } from '../../grants/settle.ts';
import { schedule } from '../../store/index.ts';

/** Renewals at the same time. */
const concurrency = 32;

/** The longest time between two looks at the schedule, in milliseconds: another process may have changed it. */
const safetyPoll = 15_000;

/** The pause after a pass that failed as a whole, e.g. because the database was away. */
const faultPause = 1000;

export interface Engine {
  /** Looks at the schedule now: something may be due earlier than was known. */
  poke(): void;
  /** Starts nothing more and resolves when what was sent is committed. */
  stop(): Promise<void>;
}

/**
 * The embedded engine: renews what is due, ahead of expiry and without anyone reading. It only decides when; the
 * rows decide what, so any number of engines may run beside each other.
 *
 * @param chores run once each pass, e.g. retrying revocations; their failures are logged
 */
export const startEngine = (context: Context, renewals: Renewals, chores: (() => Promise<void>)[]): Engine => {
  let stopped = false;
  let cancelTimer = () => {};
  let pass: Promise<void> = Promise.resolve();

  const schedulePass = (milliseconds: number): void => {
    cancelTimer();
    if (stopped) return;
    cancelTimer = context.clock.after(milliseconds, () => {
      pass = pass.then(runPass);
    });
  };

  const runPass = async (): Promise<void> => {
    if (stopped) return;
    try {
      await renewDue(context, renewals, () => stopped);
      for (const chore of chores) await chore();
      const next = await schedule.nextDue(context.store.db);
      schedulePass(Math.min(safetyPoll, Math.max(10, (next ?? Number.POSITIVE_INFINITY) - context.clock.now())));
    } catch (error) {
      const code = isEvergrantError(error) ? error.code : 'internal';
      context.logger.error({ error_code: code, error }, 'a pass of the engine failed; it is repeated');
      schedulePass(faultPause);
    }
  };

  schedulePass(0);
  return {
    poke: () => schedulePass(0),
    async stop() {
      stopped = true;
      cancelTimer();
      await pass;
      await renewals.idle();
    },
  };
};

/** Renews everything that is due, so many at a time; a grant comes up once in a pass. */
const renewDue = async (context: Context, renewals: Renewals, stopped: () => boolean): Promise<void> => {
  const seen = new Set<string>();
  for (;;) {
    const due = await schedule.due(context.store.db, context.clock.now(), concurrency * 4);
    const fresh = due.filter((id) => !seen.has(id)).slice(0, concurrency);
    if (fresh.length === 0 || stopped()) return;
    for (const id of fresh) seen.add(id);
    await Promise.all(fresh.map((id) => renewOne(context, renewals, id)));
  }
};

const renewOne = async (context: Context, renewals: Renewals, grantId: string): Promise<void> => {
  try {
    const outcome = await renewals.renew(grantId, 'background');
    await putOff(context, grantId, outcome);
  } catch (error) {
    const code = isEvergrantError(error) ? error.code : 'internal';
    context.logger.warn({ grant: grantId, error_code: code }, 'a renewal could not be tried');
    await putOffUntil(context, grantId, context.clock.now() + 30_000);
    if (isEvergrantError(error)) await noteDegraded(context, grantId, error);
  }
};

/** A due grant that could not be claimed must not come up again before it can be. */
const putOff = async (context: Context, grantId: string, outcome: RenewalOutcome): Promise<void> => {
  switch (outcome.kind) {
    case 'waiting':
      await putOffUntil(context, grantId, outcome.until);
      await noteDegraded(context, grantId, outcome.error);
      return;
    case 'too_young':
    case 'busy':
      return putOffUntil(context, grantId, outcome.until);
    case 'not_renewable':
      return endWithoutRenewal(context, grantId);
    case 'gone':
      return schedule.update(context.store.db, grantId, { due_at: null });
    case 'renewed':
    case 'ended':
    case 'failed':
    case 'not_due':
    case 'superseded':
      return;
  }
};

const putOffUntil = (context: Context, grantId: string, until: number): Promise<void> =>
  schedule.putOff(context.store.db, grantId, until, context.clock.now());

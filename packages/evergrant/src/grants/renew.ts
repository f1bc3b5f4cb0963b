import { TransportError } from '../egress/types.ts';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { App, RawAnswer, Verdict } from '../protocols/types.ts';
import { type JournalRow, journal, schedule } from '../store/index.ts';
import type { Attempt, Result, Settled } from './attempt.ts';
import { type Claim, claimDue, claimGrant, type Mode, type Obstacle } from './claim.ts';
import type { Context } from './context.ts';
import { createJournal, type Journal, keepAnswer, mayCarryToken, openAnswer, untilStored } from './journal.ts';
import { spentSince } from './moment.ts';
import { putOff } from './obstacles.ts';
import { type Reserved, takeOver } from './reservation.ts';
import { createSettle, type Settle } from './settle.ts';
import { leaseDuration, requestDeadline } from './timing.ts';

/** Renewals of this process: one at a time for each grant, never aborted by those who wait for it. */
export interface Renewals {
  /**
   * Renews a grant, or joins the renewal that runs.
   * @param seen the generation that is to be replaced; nothing is sent where a newer one stands already
   */
  renew(grantId: string, mode: Mode, seen?: number): Promise<RenewalOutcome>;
  /**
   * Claims what is due, at most so many, and begins to renew it.
   * @param done called as each of them ends
   * @returns how many were begun
   */
  beginDue(room: number, done: () => void): Promise<number>;
  /**
   * Takes over what was reserved under a name, and renews it.
   * @returns what became of each that was taken over; null: its answer could not be committed
   */
  carryOut(owner: string, reserved: Reserved[]): Promise<(Settled | null)[]>;
  /** Commits answers that a process received and did not live to commit. `age` in milliseconds: only those as old. */
  recover(age?: number): Promise<void>;
  /** Resolves when nothing that was sent is still without its commit. */
  idle(): Promise<void>;
}

export type RenewalOutcome = Settled | Obstacle;

/** What is committed together with that of other renewals. */
interface Commits {
  settle: Settle;
  keep: Journal;
}

export const createRenewals = (context: Context): Renewals => {
  const commits: Commits = { settle: createSettle(context), keep: createJournal(context) };
  const running = new Map<string, Promise<RenewalOutcome>>();
  const run = <Outcome extends RenewalOutcome>(grantId: string, work: Promise<Outcome>): Promise<Outcome> => {
    const tracked = work.finally(() => {
      if (running.get(grantId) === tracked) running.delete(grantId);
    });
    running.set(grantId, tracked);
    return tracked;
  };
  const begin = (claims: Claim[]): Promise<Settled | null>[] => {
    const fences = fencesOf(context, claims);
    return claims.map((claim) =>
      run(claim.grantId, send(context, commits, claim, fences)).catch((error: unknown) => {
        logFault(context, claim.grantId, error);
        return null;
      }),
    );
  };
  return {
    renew: (grantId, ...how) => running.get(grantId) ?? run(grantId, renewOnce(context, commits, grantId, ...how)),
    async beginDue(room, done) {
      const { claims, obstacles } = await claimDue(context, room, { isUnderWay: (grantId) => running.has(grantId) });
      for (const renewal of begin(claims)) void renewal.then(done);
      for (const one of obstacles) await putOff(context, one).catch((error) => logFault(context, one.grantId, error));
      return claims.length;
    },
    carryOut: async (owner, reserved) => Promise.all(begin(await takeOver(context, owner, reserved))),
    recover: (age = 0) => recover(context, commits.settle, age),
    async idle() {
      await Promise.allSettled(running.values());
    },
  };
};

const renewOnce = async (
  context: Context,
  commits: Commits,
  ...wanted: Parameters<Renewals['renew']>
): Promise<RenewalOutcome> => {
  const result = await claimGrant(context, ...wanted);
  if (result.kind !== 'claimed') return result;
  return send(context, commits, result.claim, fencesOf(context, [result.claim]));
};

const logFault = (context: Context, grantId: string, error: unknown): void => {
  const code = isEvergrantError(error) ? error.code : 'internal';
  context.logger.error({ grant: grantId, error_code: code, error }, 'a renewal could not be committed');
};

const send = (context: Context, commits: Commits, claim: Claim, fences: Fences): Promise<Settled> => {
  const attributes = { 'evergrant.provider': claim.app.provider, 'evergrant.grant_id': claim.grantId };
  return context.tracing.span({ name: 'renew', kind: 'internal', attributes }, async (span) => {
    const settled = await carryOut(context, commits, claim, fences);
    span.set({ 'evergrant.outcome': settled.kind });
    if ('error' in settled) span.fail(settled.error.code);
    return settled;
  });
};

/** Carries a claim out: send, make the answer durable, read it, commit. Nothing is fetched in between. */
const carryOut = async (
  context: Context,
  { settle, keep }: Commits,
  claim: Claim,
  fences: Fences,
): Promise<Settled> => {
  const startedAt = context.clock.now();
  const attempt: Attempt = { ...claim, startedAt, journalled: false };
  const protocol = context.apps.protocol(claim.app);
  const input = { ...claim.credentials, scopes: claim.scopes };
  let answer: RawAnswer;
  context.step('claimed');
  try {
    await ensureFence(claim, fences);
    if (claim.dueAt !== null) context.metrics.late(claim.app.provider, startedAt - claim.dueAt);
    answer = await protocol.sendRenewal(claim.app, input, () => {
      ensureTime(context, claim);
      context.step('sending');
    });
  } catch (error) {
    return settle(attempt, resultOfFault(error));
  }
  context.step('answered');
  if (!mayCarryToken(answer)) return settle(attempt, await read(context, claim.app, answer));
  await keepAnswer(context, { ...attempt, id: claim.markId, kind: 'refresh', flowId: null }, answer, keep);
  context.step('journalled');
  const verdict = await read(context, claim.app, answer);
  context.step('read');
  const settled = await untilStored(context, () => settle({ ...attempt, journalled: true }, verdict));
  context.step('settled');
  return settled;
};

type Fences = () => Promise<Map<string, number>>;

/** Reads the fences of claims that were made together once, when the first of them is about to be sent. */
const fencesOf = (context: Context, claims: Claim[]): Fences => {
  let fences: ReturnType<Fences> | null = null;
  const read = () =>
    schedule.fences(
      context.store.db,
      claims.map(({ grantId }) => grantId),
    );
  return () => (fences ??= read());
};

/** Thrown before anything is sent. */
class Abandoned extends Error {
  readonly why: EvergrantError;

  constructor(why: EvergrantError) {
    super(why.message);
    this.why = why;
  }
}

/** T2: a claim that was overtaken, or of which that is not known, sends nothing. */
const ensureFence = async ({ grantId, fence }: Claim, fences: Fences): Promise<void> => {
  const current = await fences().catch((error: unknown) => {
    throw isEvergrantError(error) ? new Abandoned(error) : error;
  });
  if (current.get(grantId) !== fence) throw new Abandoned(new EvergrantError('refresh_in_progress', { retryAfter: 1 }));
};

/** T2: a process that slept may not send when its answer could come after the lease. */
const ensureTime = (context: Context, claim: Claim): void => {
  if (spentSince(context.clock, claim.claimedAt) > leaseDuration - requestDeadline - 1000) {
    const detail = 'the claim came too close to its end';
    throw new Abandoned(new EvergrantError('refresh_in_progress', { detail, retryAfter: 1 }));
  }
};

const read = async (context: Context, app: App, answer: RawAnswer): Promise<Verdict> => {
  try {
    return await context.apps.protocol(app).read(app, 'refresh', answer);
  } catch (error) {
    context.logger.error({ provider: app.provider, error }, 'a token answer could not be read; a hook may be broken');
    return { kind: 'ambiguous', error: isEvergrantError(error) ? error : new EvergrantError('provider_bad_response') };
  }
};

const resultOfFault = (error: unknown): Result =>
  error instanceof Abandoned ? { kind: 'abandoned', error: error.why } : verdictOfFault(error);

/** What a request without a whole answer says: whether the platform may have acted on it. */
export const verdictOfFault = (error: unknown): Verdict => {
  if (error instanceof TransportError) {
    const code = error.timedOut ? 'provider_timeout' : 'provider_unavailable';
    const ours = new EvergrantError(code, { detail: error.message });
    return error.fault === 'not_sent' ? { kind: 'not_processed', error: ours } : { kind: 'ambiguous', error: ours };
  }
  // What the protocol knows without asking: nobody is there any more who would take the credential.
  if (isEvergrantError(error, 'reauth_required')) return { kind: 'rejected', error };
  // Our own errors are thrown before anything is sent; of any other it is not known.
  if (isEvergrantError(error)) return { kind: 'not_processed', error };
  return { kind: 'ambiguous', error: new EvergrantError('internal') };
};

const recover = async (context: Context, settle: Settle, age: number): Promise<void> => {
  await context.spool.drain(context);
  for (const entry of await journal.unfinishedRenewals(context.store.db, context.clock.now() - age)) {
    try {
      await finish(context, settle, entry);
    } catch (error) {
      logFault(context, entry.grant_id ?? '', error);
    }
  }
};

const finish = async (context: Context, settle: Settle, entry: JournalRow): Promise<void> => {
  const app = context.apps.ofGrant(entry);
  const answer = openAnswer(context, entry);
  const attempt: Attempt = {
    grantId: entry.grant_id!,
    person: { provider: entry.provider, clientId: entry.client_id, instance: entry.instance, subject: entry.subject },
    consent: entry.consent,
    generation: entry.generation,
    fence: entry.fence,
    markId: entry.id,
    startedAt: entry.started_at,
    journalled: true,
    probing: null,
  };
  const settled = await settle(attempt, await read(context, app, answer));
  context.logger.info({ grant: entry.grant_id, outcome: settled.kind }, 'finished an answer from the journal');
};

import { TransportError } from '../egress/types.ts';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { App, RawAnswer, Verdict } from '../protocols/types.ts';
import { type JournalRow, journal, schedule } from '../store/index.ts';
import { type Claim, type ClaimResult, claimGrant, type Mode } from './claim.ts';
import type { Context } from './context.ts';
import { keepAnswer, mayCarryToken, openAnswer } from './journal.ts';
import { type Attempt, type Settled, settle } from './settle.ts';
import { leaseDuration, requestDeadline } from './timing.ts';

/** Renewals of this process: one at a time for each grant, never aborted by those who wait for it. */
export interface Renewals {
  /** Renews a grant, or joins the renewal that runs. */
  renew(grantId: string, mode: Mode): Promise<RenewalOutcome>;
  /** Commits answers that a process received and did not live to commit. */
  recover(): Promise<void>;
  /** Resolves when nothing that was sent is still without its commit. */
  idle(): Promise<void>;
}

export type RenewalOutcome = Settled | Exclude<ClaimResult, { kind: 'claimed' }>;

export const createRenewals = (context: Context): Renewals => {
  const running = new Map<string, Promise<RenewalOutcome>>();
  return {
    renew(grantId, mode) {
      const known = running.get(grantId);
      if (known) return known;
      const renewal = renewOnce(context, grantId, mode).finally(() => running.delete(grantId));
      running.set(grantId, renewal);
      return renewal;
    },
    recover: () => recover(context),
    async idle() {
      await Promise.allSettled(running.values());
    },
  };
};

const renewOnce = async (context: Context, grantId: string, mode: Mode): Promise<RenewalOutcome> => {
  const result = await claimGrant(context, grantId, mode);
  return result.kind === 'claimed' ? send(context, result.claim) : result;
};

/** Carries a claim out: send, make the answer durable, read it, commit. Nothing is fetched in between. */
const send = async (context: Context, claim: Claim): Promise<Settled> => {
  const attempt: Attempt = { ...claim, startedAt: context.clock.now(), journalled: false };
  const protocol = context.apps.protocol(claim.app);
  const input = { ...claim.credentials, scopes: claim.scopes };
  let answer: RawAnswer;
  try {
    await ensureFence(context, claim);
    answer = await protocol.sendRenewal(claim.app, input, () => ensureTime(context, claim));
  } catch (error) {
    return settle(context, attempt, verdictOfFault(error));
  }
  if (mayCarryToken(answer)) {
    await keepAnswer(context, { ...attempt, id: claim.markId, kind: 'refresh', flowId: null }, answer);
    attempt.journalled = true;
  }
  return settle(context, attempt, await read(context, claim.app, answer));
};

/** T2: a claim that was overtaken sends nothing. */
const ensureFence = async (context: Context, claim: Claim): Promise<void> => {
  const row = await schedule.byGrant(context.store.db, claim.grantId);
  if (row?.fence !== claim.fence) throw new EvergrantError('refresh_in_progress', { retryAfter: 1 });
};

/** T2: a process that slept may not send when its answer could come after the lease. */
const ensureTime = (context: Context, claim: Claim): void => {
  const spent = context.clock.monotonic() - claim.claimedAt;
  if (spent > leaseDuration - requestDeadline - 1000) {
    throw new EvergrantError('refresh_in_progress', { detail: 'the claim came too close to its end', retryAfter: 1 });
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

/** What a request without a whole answer says: whether the platform may have acted on it. */
export const verdictOfFault = (error: unknown): Verdict => {
  if (error instanceof TransportError) {
    const code = error.timedOut ? 'provider_timeout' : 'provider_unavailable';
    const ours = new EvergrantError(code, { detail: error.message });
    return error.fault === 'not_sent' ? { kind: 'not_processed', error: ours } : { kind: 'ambiguous', error: ours };
  }
  // Our own errors are thrown before anything is sent; of any other it is not known.
  if (isEvergrantError(error)) return { kind: 'not_processed', error };
  return { kind: 'ambiguous', error: new EvergrantError('internal') };
};

const recover = async (context: Context): Promise<void> => {
  for (const entry of await journal.unfinishedRenewals(context.store.db)) {
    try {
      await finish(context, entry);
    } catch (error) {
      const code = isEvergrantError(error) ? error.code : 'internal';
      context.logger.error(
        { grant: entry.grant_id, error_code: code },
        'a journalled answer could not be finished; it is kept',
      );
    }
  }
};

const finish = async (context: Context, entry: JournalRow): Promise<void> => {
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
  };
  const settled = await settle(context, attempt, await read(context, app, answer));
  context.logger.info({ grant: entry.grant_id, outcome: settled.kind }, 'finished an answer from the journal');
};

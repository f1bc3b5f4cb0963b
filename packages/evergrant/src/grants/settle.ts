import { connections, events, gather, grants, journal, type Queryable, schedule } from '../store/index.ts';
import type { Attempt, Result, Settled, Settling, Writes } from './attempt.ts';
import type { Context } from './context.ts';
import { abandon, fail, misconfigure, reject } from './failing.ts';
import { appName } from './gate.ts';
import { store, storeLate } from './renewed.ts';
import { queueRevocation } from './revocations.ts';

/**
 * Commits what an answer means, in one transaction under the fence of its claim (T3 to T7). A late answer, whose
 * fence has moved on, is kept where it may be the only live token.
 */
export type Settle = (attempt: Attempt, verdict: Result) => Promise<Settled>;

interface Answer {
  attempt: Attempt;
  verdict: Result;
}

/** Answers that come at about the same time share a transaction, and what is read and written in it. */
export const createSettle = (context: Context): Settle => {
  const commit = gather<Answer, Settled>(
    (answers) => context.store.write((tx) => settleAll(context, tx, answers)),
    context.store.writers,
  );
  return async (attempt, verdict) => {
    const settled = await commit({ attempt, verdict });
    context.metrics.attempt(attempt.person.provider, settled.kind === 'failed' ? verdict.kind : settled.kind);
    context.notices.changed(attempt.grantId);
    return settled;
  };
};

const settleAll = async (context: Context, tx: Queryable, answers: Answer[]): Promise<Settled[]> => {
  const settled = new Map<Answer, Settled>();
  for (const wave of wavesOf(answers)) await settleWave(context, tx, wave, settled);
  return answers.map((answer) => settled.get(answer)!);
};

/** Of two answers for one grant the second must meet what the first has written. */
const wavesOf = (answers: Answer[]): Iterable<Answer[]> => {
  const turns = new Map<string, number>();
  const turnOf = ({ attempt }: Answer): number => {
    const turn = (turns.get(attempt.grantId) ?? 0) + 1;
    turns.set(attempt.grantId, turn);
    return turn;
  };
  return Map.groupBy(answers, turnOf).values();
};

/** Settles answers for different grants. */
const settleWave = async (
  context: Context,
  tx: Queryable,
  answers: Answer[],
  settled: Map<Answer, Settled>,
): Promise<void> => {
  const now = context.clock.now();
  const writes: Writes = { grants: [], schedule: [], events: [] };
  const ours = await withoutFinished(tx, answers);
  const read = await readRows(tx, ours);
  for (const answer of answers) settled.set(answer, { kind: 'superseded' });
  for (const answer of ours) settled.set(answer, await settleOne(context, answer, { tx, now, writes, read }));
  await grants.updateEach(tx, writes.grants);
  await schedule.updateEach(tx, writes.schedule);
  await events.insert(tx, writes.events);
  await grants.endAttempts(
    tx,
    ours.map((answer) => endOf(answer, settled.get(answer)!, now)),
  );
};

/** An answer that is no longer in the journal was committed by somebody else. */
const withoutFinished = async (tx: Queryable, answers: Answer[]): Promise<Answer[]> => {
  const journalled = answers.flatMap(({ attempt }) => (attempt.journalled ? attempt.markId : []));
  const removed = await journal.removeAll(tx, journalled);
  return answers.filter(({ attempt }) => !attempt.journalled || removed.has(attempt.markId));
};

type Read = (grantId: string) => Partial<Pick<Settling, 'row' | 'grant'>> & Pick<Settling, 'served'>;

const readRows = async (tx: Queryable, answers: Answer[]): Promise<Read> => {
  const ids = answers.map(({ attempt }) => attempt.grantId);
  const renewed = answers.flatMap(({ attempt, verdict }) => (verdict.kind === 'tokens' ? attempt.grantId : []));
  const rows = new Map((await schedule.lockedByGrants(tx, ids)).map((row) => [row.grant_id, row]));
  const found = new Map((await grants.byIds(tx, ids)).map((grant) => [grant.id, grant]));
  const served = Map.groupBy(await connections.ofGrants(tx, renewed), ({ grant_id }) => grant_id);
  return (id) => ({ row: rows.get(id), grant: found.get(id), served: served.get(id) ?? [] });
};

const settleOne = async (
  context: Context,
  { attempt, verdict }: Answer,
  { read, ...wave }: Pick<Settling, 'tx' | 'now' | 'writes'> & { read: Read },
): Promise<Settled> => {
  const { row, grant, served } = read(attempt.grantId);
  if (!grant || !row || grant.consent !== attempt.consent) {
    if (!grant) await schedule.release(wave.tx, attempt.grantId, attempt.markId);
    return discard(context, wave.tx, attempt, verdict);
  }
  const at: Settling = { ...wave, context, attempt, grant, row, served, app: context.apps.ofGrant(grant) };
  noteHealth(at, verdict);
  if (verdict.kind === 'tokens') {
    return row.fence === attempt.fence ? store(at, verdict.tokens) : storeLate(at, verdict.tokens);
  }
  // Without the mark it is settled already: the database may have taken a commit and nobody heard that it did.
  if (row.fence !== attempt.fence || row.mark_id !== attempt.markId) return { kind: 'superseded' };
  switch (verdict.kind) {
    case 'rejected':
      return reject(at, verdict.error);
    case 'misconfigured':
      return misconfigure(at, verdict.error);
    case 'not_processed':
      return fail(at, verdict.error, { markResolved: true });
    case 'ambiguous':
      return fail(at, verdict.error, { markResolved: false });
    case 'abandoned':
      return abandon(at, verdict.error);
  }
};

const noteHealth = ({ context, app, grant }: Settling, verdict: Result): void => {
  // What is imported may have died long ago: that says nothing about the platform.
  if (grant.imported_mac !== null && grant.subject === null) return;
  if (verdict.kind === 'tokens') context.health.note(appName(app), 'renewed');
  if (verdict.kind === 'rejected') context.health.note(appName(app), 'refused');
  if (verdict.kind === 'not_processed' || verdict.kind === 'ambiguous') context.health.note(appName(app), 'failed');
};

/**
 * T3'': the grant is gone, or a newer consent stands in its row. What came for the old one is revoked, where that ends
 * nothing that lives.
 */
const discard = async (context: Context, tx: Queryable, attempt: Attempt, verdict: Result): Promise<Settled> => {
  if (verdict.kind === 'tokens') await queueRevocation(context, tx, attempt.person, verdict.tokens);
  return { kind: 'superseded' };
};

const endOf = ({ attempt, verdict }: Answer, settled: Settled, now: number) => ({
  id: attempt.markId,
  ended_at: now,
  outcome: settled.kind === 'failed' ? verdict.kind : settled.kind,
  error_code: 'error' in settled ? settled.error.code : null,
});

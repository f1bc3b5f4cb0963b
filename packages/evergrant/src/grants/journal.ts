import type { RawAnswer } from '../protocols/types.ts';
import { gather, type JournalRow, journal, type Queryable, type ScheduleRow } from '../store/index.ts';
import { sleep } from '../telemetry/clock.ts';
import type { Context } from './context.ts';
import type { Person } from './revocations.ts';
import { isStorageFault, journalOnce } from './spool.ts';

/** What must be known to finish an answer when the process that received it is gone. */
export interface JournalEntry {
  id: string;
  kind: JournalRow['kind'];
  grantId: string | null;
  flowId: string | null;
  person: Person;
  consent: number;
  generation: number;
  fence: number;
  startedAt: number;
}

const place = (id: string) => ({ table: 'journal', column: 'answer_sealed', row: id });

/** Between two tries of a database that does not take an answer, in milliseconds. */
const pause = 250;

/** Puts answers into the journal. */
export type Journal = (row: JournalRow) => Promise<void>;

/** Answers that come at about the same time share a transaction. */
export const createJournal = ({ store }: Pick<Context, 'store'>): Journal =>
  gather(async (rows) => {
    await store.write((tx) => journal.insertEachOnce(tx, rows));
    return rows.map(() => undefined);
  }, store.writers);

/**
 * Makes a raw token answer durable, sealed, before it is parsed: whatever reading it does, a rotated token is not lost.
 * When the database does not take it, the spool does, and the database is tried again for as long as the process lives.
 */
export const keepAnswer = async (
  context: Context,
  entry: JournalEntry,
  answer: RawAnswer,
  write: Journal = createJournal(context),
): Promise<void> => {
  const row: JournalRow = {
    id: entry.id,
    kind: entry.kind,
    grant_id: entry.grantId,
    flow_id: entry.flowId,
    provider: entry.person.provider,
    client_id: entry.person.clientId,
    instance: entry.person.instance,
    subject: entry.person.subject,
    consent: entry.consent,
    generation: entry.generation,
    fence: entry.fence,
    started_at: entry.startedAt,
    answer_sealed: context.vault.seal(JSON.stringify(answer), place(entry.id)),
    created_at: context.clock.now(),
  };
  try {
    await write(row);
  } catch (error) {
    await spool(context, row);
    // Whoever drains the spool finishes it, once what is wrong has been mended.
    if (!isStorageFault(error)) throw error;
    await untilStored(context, () => journalOnce(context.store, row));
    await context.spool.remove(row.id);
  }
};

const spool = async (context: Context, row: JournalRow): Promise<void> => {
  try {
    await context.spool.write(row);
    context.logger.error({ grant: row.grant_id }, 'the database does not take a token answer; it lies in the spool');
  } catch {
    context.logger.error(
      { grant: row.grant_id },
      'neither database nor disk take a token answer; it is in memory only',
    );
  }
};

/** Repeats work until the database takes it. */
export const untilStored = async <T>(context: Pick<Context, 'clock'>, work: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      await sleep(context.clock, pause);
    }
  }
};

/**
 * Of these grants, those with an answer to an earlier attempt that is durable and not committed, because its process
 * stands still or is gone.
 */
export const heldAnswers = (tx: Queryable, rows: ScheduleRow[]): Promise<Set<string>> =>
  journal.heldFor(
    tx,
    rows.filter((row) => row.mark_at !== null || row.doubt_since !== null).map((row) => row.grant_id),
  );

/** @throws EvergrantError `storage_key_unavailable` */
export const openAnswer = (context: Context, row: JournalRow): RawAnswer =>
  JSON.parse(context.vault.open(row.answer_sealed, place(row.id))) as RawAnswer;

/** Only a success can carry a token; other answers are not worth a write. */
export const mayCarryToken = (answer: RawAnswer): boolean => answer.status >= 200 && answer.status < 300;

import { isEvergrantError } from '../errors/index.ts';
import type { RawAnswer } from '../protocols/types.ts';
import { type JournalRow, journal } from '../store/index.ts';
import { sleep } from '../telemetry/clock.ts';
import type { Context } from './context.ts';
import type { Person } from './revocations.ts';

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

/**
 * Makes a raw token answer durable, sealed, before it is parsed: whatever reading it does, a rotated token is not lost.
 * Storage that fails just now is tried again for as long as the process lives, for the answer exists nowhere else.
 */
export const keepAnswer = async (context: Context, entry: JournalEntry, answer: RawAnswer): Promise<void> => {
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
  for (;;) {
    try {
      await journal.insert(context.store.db, row);
      return;
    } catch (error) {
      if (!isEvergrantError(error, 'storage_unavailable')) throw error;
      context.logger.error({ entry: entry.id }, 'the database does not take a token answer; it is tried again');
      await sleep(context.clock, pause);
    }
  }
};

/** @throws EvergrantError `storage_key_unavailable` */
export const openAnswer = (context: Context, row: JournalRow): RawAnswer =>
  JSON.parse(context.vault.open(row.answer_sealed, place(row.id))) as RawAnswer;

/** Only a success can carry a token; other answers are not worth a write. */
export const mayCarryToken = (answer: RawAnswer): boolean => answer.status >= 200 && answer.status < 300;

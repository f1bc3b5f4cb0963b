import { EvergrantError } from '../errors/index.ts';

/** A part of a list that is ordered by id, newest first. */
export interface Page<T> {
  data: T[];
  /** What to ask for the next part with; null: this was the last. */
  nextCursor: string | null;
}

/** Which part of a list is asked for. */
export interface PageRequest {
  /** Up to 200; default 50. */
  limit?: number;
  /** As it was handed out; opaque to callers. */
  cursor?: string;
}

/**
 * Reads what a caller says about paging.
 *
 * @param prefix of the ids in this list
 * @throws EvergrantError `invalid_request` for a bad limit or cursor
 */
export const pageOf = ({ limit = 50, cursor }: PageRequest, prefix: string): { before?: string; size: number } => {
  if (!Number.isInteger(limit) || limit < 1 || limit > 200) throw invalid('/limit', 'must be a number from 1 to 200');
  if (cursor === undefined) return { size: limit };
  const before = Buffer.from(cursor, 'base64url').toString();
  if (!new RegExp(`^${prefix}[0-9a-f]{32}$`).test(before)) throw invalid('/cursor', 'is not one that was handed out');
  return { before, size: limit };
};

/** @param rows one more than `size`, if there is more */
export const toPage = <T extends { id: string }>(rows: T[], size: number): Page<T> => {
  const data = rows.slice(0, size);
  const last = rows.length > size ? data.at(-1) : undefined;
  return { data, nextCursor: last ? Buffer.from(last.id).toString('base64url') : null };
};

const invalid = (pointer: string, message: string): EvergrantError =>
  new EvergrantError('invalid_request', {
    detail: `${pointer.slice(1)} ${message}`,
    errors: [{ pointer, code: 'invalid', message }],
  });

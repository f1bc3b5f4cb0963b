import { setTimeout as pause } from 'node:timers/promises';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { Evergrant } from '../evergrant.ts';
import { importSchema, toImportInput } from '../http/api/import.ts';
import { invalidRequest } from '../http/problems.ts';

/** `skipped`: an earlier run has done it. `checked`: nothing was asked to be done. */
export type LineStatus = 'created' | 'updated' | 'unchanged' | 'checked' | 'skipped' | 'failed';

/** What became of a line. It holds no token. */
export interface LineResult {
  line: number;
  status: LineStatus;
  provider?: string;
  owner?: string;
  account_id?: string;
  connection_id?: string;
  error?: { code: string; message: string; accounts?: unknown };
}

/** Lines of one platform at a time. */
const defaultConcurrency = 4;

/** Tries of a line whose failure may pass by itself. */
const mostTries = 4;

/** The longest wait between two tries, in seconds. */
const longestPause = 60;

/** Imports line by line, never more of one platform at a time than that allows. It never throws. */
export const createLineImport = (evergrant: Evergrant, options: { dryRun: boolean; concurrency?: number }) => {
  const slots = new Map<string, ReturnType<typeof createSlots>>();
  const slotsOf = (provider: string) => {
    const { maxConcurrentJob = Number.POSITIVE_INFINITY } = evergrant.catalogue.get(provider).definition;
    const known =
      slots.get(provider) ?? createSlots(Math.min(options.concurrency ?? defaultConcurrency, maxConcurrentJob));
    slots.set(provider, known);
    return known;
  };

  return async (text: string, line: number): Promise<LineResult> => {
    let about: Pick<LineResult, 'provider' | 'owner' | 'account_id'> = {};
    try {
      const body = parse(text);
      about = { provider: body.provider, owner: body.owner, account_id: body.account_id };
      const input = toImportInput(body);
      if (options.dryRun) {
        evergrant.imports.check(input);
        return { line, status: 'checked', ...about };
      }
      const run = () => patiently(() => evergrant.imports.run(input));
      const { connection, outcome } = await slotsOf(body.provider)(run);
      return { line, status: outcome, ...about, account_id: connection.account.id, connection_id: connection.id };
    } catch (error) {
      return { line, status: 'failed', ...about, error: errorOf(error) };
    }
  };
};

/** @throws EvergrantError `invalid_request`, never with what stands in the line */
const parse = (text: string) => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new EvergrantError('invalid_request', { detail: 'The line is not valid JSON' });
  }
  const result = importSchema.safeParse(json);
  if (!result.success) throw invalidRequest(result.error.issues);
  return result.data;
};

const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === mostTries || !isEvergrantError(error) || !error.retryable) throw error;
      await pause(Math.min(longestPause, error.retryAfter ?? 2 ** attempt) * 1000);
    }
  }
};

const errorOf = (error: unknown): NonNullable<LineResult['error']> => {
  const ours = isEvergrantError(error) ? error : new EvergrantError('internal');
  const accounts = ours.extensions?.['accounts'];
  return { code: ours.code, message: ours.message, ...(accounts === undefined ? {} : { accounts }) };
};

/** Lets so many pieces of work run at a time; the others wait in order. */
const createSlots = (limit: number) => {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};

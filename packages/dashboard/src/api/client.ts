import { base } from '../lib/base.ts';
import { isIdle } from '../lib/idle.ts';
import { noteServerTime } from '../lib/now.ts';
import type { ProblemBody } from './types.ts';

/** What the API, or the way to it, refused. */
export class Problem extends Error {
  readonly status: number;
  readonly body: Partial<ProblemBody>;

  constructor(status: number, body: Partial<ProblemBody>) {
    super(body.detail ?? body.title ?? 'Evergrant does not answer');
    this.status = status;
    this.body = body;
  }

  /** Nobody is signed in, or not any more. */
  get endsSession(): boolean {
    return this.status === 401;
  }

  /** Whether the same may work in a moment. */
  get isPassing(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends a request with the session's cookie. @throws Problem */
export const send = async (path: string, { method = 'GET', json, headers, signal }: Call = {}): Promise<Response> => {
  let answer: Response;
  try {
    answer = await fetch(base + path, {
      method,
      signal,
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(isIdle() ? { 'evergrant-background': 'true' } : {}),
        ...headers,
      },
      body: json === undefined ? undefined : JSON.stringify(json),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, {});
  }
  noteServerTime(answer.headers.get('date'));
  if (answer.ok) return answer;
  throw new Problem(answer.status, (await answer.json().catch(() => ({}))) as Partial<ProblemBody>);
};

/** The JSON of an answer; undefined where there is none. @throws Problem */
export const ask = async <T>(path: string, call?: Call): Promise<T> => {
  const answer = await send(path, call);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
};

/** A query string of what is set. */
export const query = (values: Record<string, string | number | null | undefined>): string => {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return set.length === 0 ? '' : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`;
};

import { ApiError } from './api-error.ts';
import { fromWire } from './names.ts';
import type { Problem } from './operations.ts';

/** Where and as whom a client speaks. */
export interface Speaker {
  /** Without a final slash. */
  url: string;
  apiKey: string;
  fetch: typeof globalThis.fetch;
  /** How often at most a request is repeated. */
  retries: number;
}

/** Longer than so many seconds it is the caller's to wait. */
const longestWait = 30;

/**
 * Sends a request with the credential, and repeats it where that is safe: a GET that was told when to come again, or
 * whose connection broke.
 *
 * @throws whatever `fetch` throws when there is no answer
 */
export const send = async (speaker: Speaker, path: string, init: RequestInit): Promise<Response> => {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${speaker.apiKey}`);
  const attempt = () => speaker.fetch(`${speaker.url}${path}`, { ...init, headers });
  if (init.method !== 'GET') return attempt();
  for (let left = speaker.retries; ; left -= 1) {
    const answer = await attempt().catch((error: unknown) => {
      if (left <= 0 || init.signal?.aborted) throw error;
      return null;
    });
    const wait = answer ? retryAfter(answer) : 1;
    if (answer && (left <= 0 || wait === null || wait > longestWait)) return answer;
    if (answer) discard(answer);
    await pause(wait! * 1000, init.signal);
  }
};

/** Lets go of the connection of an answer that nobody reads; a broken one has none any more. */
const discard = (answer: Response): void => void answer.body?.cancel().catch(() => {});

/** Seconds after which to come again, where the service says so. */
const retryAfter = (answer: Response): number | null => {
  if ((answer.status !== 429 && answer.status !== 503) || !answer.headers.has('retry-after')) return null;
  const seconds = Number(answer.headers.get('retry-after'));
  return seconds >= 0 ? seconds : null;
};

/** @throws the reason of the signal */
export const pause = (milliseconds: number, signal?: AbortSignal | null): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });

/** The error that an answer means. */
export const errorOf = async (answer: Response): Promise<ApiError> => {
  const requestId = answer.headers.get('x-request-id') ?? undefined;
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json');
  const told: unknown = isProblem ? await answer.json().catch(() => null) : discard(answer);
  return new ApiError(answer.status, told ? (fromWire(told, []) as Problem) : null, requestId);
};

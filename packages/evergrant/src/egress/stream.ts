import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import type { Agent } from 'undici';
import { isEvergrantError } from '../errors/index.ts';
import { kindOf } from './exchange.ts';
import type { Target } from './guard.ts';
import { type EgressStream, type EgressStreamRequest, TransportError } from './types.ts';

const defaultTimeoutMs = 60_000;

/**
 * Sends a request whose bodies flow through.
 *
 * @param underWay holds a promise for as long as the answer is being read
 */
export const stream = async (
  agent: Agent,
  { url, host }: Target,
  { method, headers, body, timeoutMs = defaultTimeoutMs, signal }: EgressStreamRequest,
  underWay: Set<Promise<unknown>>,
): Promise<EgressStream> => {
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: method as 'GET',
      headers,
      body: body instanceof ReadableStream ? Readable.fromWeb(body as NodeStream) : body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal,
      responseHeaders: 'raw',
    });
    const ended = new Promise<void>((resolve) => answer.body.once('close', resolve));
    underWay.add(ended);
    void ended.then(() => underWay.delete(ended));
    // A reader may leave before the end, and whoever reads hears of the fault by the stream.
    answer.body.on('error', () => {});
    return {
      status: answer.statusCode,
      headers: pairsOf(answer.headers as unknown as (Buffer | string)[]),
      body: readerOf(answer.body),
    };
  } catch (error) {
    if (isEvergrantError(error) || signal?.aborted) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const fault = neverSent.has(code) ? 'not_sent' : 'unknown';
    const timedOut = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT';
    throw new TransportError(fault, `${host}: ${kindOf(error as Error)}`, timedOut);
  }
};

/** `Readable.toWeb` throws, where nobody can catch it, when a chunk comes after its reader has left. */
const readerOf = (body: Readable): ReadableStream<Uint8Array> => {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void body.destroy(),
    },
    { highWaterMark: 0 },
  );
};

/** Faults that can only come before a connection stands. */
const neverSent: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
]);

const pairsOf = (raw: (Buffer | string)[]): [string, string][] => {
  const text = raw.map(String);
  return text.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), text[index + 1] ?? '']] : []));
};

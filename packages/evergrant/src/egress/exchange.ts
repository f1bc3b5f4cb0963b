import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { isEvergrantError } from '../errors/index.ts';
import { contentDecoder } from './content.ts';
import { type EgressAnswer, TransportError } from './types.ts';

/**
 * Turns of the event loop without a byte after which an answer is given up. One turn may pass without looking at
 * the sockets, when the deadline was called from where they are read.
 */
const quietTurns = 2;

export interface ExchangeOptions {
  /** Named in errors, together with the kind of failure and nothing else. */
  host: string;
  maxBytes: number;
  beforeSend?: () => void;
}

/**
 * One request on the wire and what becomes of it. It knows whether the request can have been read: undici starts a
 * request once, when its connection stands, and writes it in that same moment.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<EgressAnswer>;
  readonly #resolve: (answer: EgressAnswer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #options: ExchangeOptions;
  readonly #chunks: Buffer[] = [];
  #connection: Dispatcher.DispatchController | null = null;
  #over = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #bytes = 0;
  /** Counts everything that arrives, so that the deadline can see progress. */
  #arrivals = 0;

  constructor(options: ExchangeOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<EgressAnswer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#options = options;
  }

  /**
   * The deadline has passed. A request that was not sent never will be; for one that was, what already lies in the
   * socket is read first: an event loop that was busy must not cost an answer that had come in time.
   */
  expire(turns = quietTurns): void {
    if (this.#over) return;
    if (!this.#connection || turns === 0) {
      this.#fail('no answer in time', true);
      return;
    }
    const arrived = this.#arrivals;
    setImmediate(() => this.expire(this.#arrivals > arrived ? quietTurns : turns - 1));
  }

  /** Nobody wants the answer any more. */
  abandon(): void {
    this.#fail('given up');
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // A second start would be undici repeating the request on another connection.
    if (this.#connection) this.#fail('the connection was lost');
    if (this.#over) {
      controller.abort(new Error('given up'));
      return;
    }
    try {
      this.#options.beforeSend?.();
      this.#connection = controller;
    } catch (error) {
      this.#settle(() => this.#reject(error));
      controller.abort(new Error('held back'));
    }
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#arrivals += 1;
    this.#status = status;
    this.#headers = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
    );
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#arrivals += 1;
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    if (this.#bytes > this.#options.maxBytes) this.#fail('the answer is too large');
  }

  onResponseEnd(): void {
    this.#settle(() => {
      try {
        this.#resolve(this.#readAnswer());
      } catch {
        this.#reject(this.#fault('the answer cannot be decoded or is too large'));
      }
    });
  }

  #readAnswer(): EgressAnswer {
    const body = Buffer.concat(this.#chunks);
    const decode = body.length > 0 ? contentDecoder(this.#headers['content-encoding']) : null;
    if (!decode) return { status: this.#status, headers: this.#headers, body: text(body) };
    // These two described the bytes on the wire.
    const { 'content-encoding': _coding, 'content-length': _length, ...headers } = this.#headers;
    return { status: this.#status, headers, body: text(decode(body, { maxOutputLength: this.#options.maxBytes })) };
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    // The guard refused an address when the name was resolved.
    if (isEvergrantError(error)) this.#settle(() => this.#reject(error));
    this.#fail(kindOf(error), 'code' in error && error.code === 'UND_ERR_CONNECT_TIMEOUT');
  }

  #fault(kind: string, timedOut = false): TransportError {
    return new TransportError(this.#connection ? 'unknown' : 'not_sent', `${this.#options.host}: ${kind}`, timedOut);
  }

  #fail(kind: string, timedOut = false): void {
    this.#settle(() => this.#reject(this.#fault(kind, timedOut)));
    this.#connection?.abort(new Error('given up'));
  }

  #settle(outcome: () => void): void {
    if (this.#over) return;
    this.#over = true;
    outcome();
  }
}

const text = (body: Buffer): string => new TextDecoder().decode(body);

const kinds: Record<string, string> = {
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'the connection was closed before the whole answer',
  UND_ERR_INVALID_ARG: 'the request is malformed',
};

/** Codes are constants of Node, OpenSSL and undici; messages may quote what a platform sent and are left out. */
export const kindOf = (error: Error): string => {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return kinds[code] ?? `the connection failed (${code})`;
};

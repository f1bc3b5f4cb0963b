/** Why no answer was received. The difference decides whether the platform may have acted on the request. */
export type TransportFault =
  /** The platform cannot have read it: DNS, connect, TLS, or we never sent it. */
  | 'not_sent'
  /** The request went out and the outcome is unknown: timeout, reset, cut short. */
  | 'unknown';

/** Thrown when no whole answer came back. Its message never holds a URL's query, a header or a body. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly fault: TransportFault;
  readonly timedOut: boolean;

  constructor(fault: TransportFault, message: string, timedOut = false) {
    super(message);
    this.fault = fault;
    this.timedOut = timedOut;
  }
}

export interface EgressRequest {
  method: string;
  /** Where the bytes go: after rerouting, placeholders filled. */
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** Origins (`new URL(url).origin`) that the operator's configuration names: loopback, private addresses and, on loopback, plain http are allowed there. */
  trustedOrigins?: ReadonlySet<string>;
  /** Total milliseconds for connecting, sending and reading. Default 15,000. */
  timeoutMs?: number;
  /** Bytes of the decoded answer's body. Default 1 MiB. */
  maxBytes?: number;
  /** Ends the request when its outcome matters to nobody any more. */
  signal?: AbortSignal;
  /** Called once, directly before the request is handed to the socket; throwing prevents it from being sent, and the thrown error passes through as it is. */
  beforeSend?: () => void;
}

export interface EgressAnswer {
  status: number;
  /** Lower-case names; repeated headers joined with ", ". */
  headers: Record<string, string>;
  body: string;
}

/** A request whose bodies flow through: for calls that an application makes with a connection. */
export interface EgressStreamRequest extends Omit<EgressRequest, 'body' | 'maxBytes' | 'beforeSend'> {
  body?: Uint8Array | ReadableStream<Uint8Array> | null;
  /** Total milliseconds until the answer begins. Default 60,000, and the same again between two chunks of its body. */
  timeoutMs?: number;
}

export interface EgressStream {
  status: number;
  /** Lower-case names; repeated headers one by one. */
  headers: [name: string, value: string][];
  /** The bytes as they come. It must be read to its end or cancelled. */
  body: ReadableStream<Uint8Array>;
}

/** The only door for outbound HTTP: deadline, size cap, no redirects, SSRF guard with the checked address pinned. */
export interface Egress {
  /**
   * @throws TransportError when no whole answer came
   * @throws EvergrantError `target_not_allowed` when the guard refuses the address; nothing was sent
   */
  send(request: EgressRequest): Promise<EgressAnswer>;
  close(): Promise<void>;
}

export interface StreamingEgress extends Egress {
  /** As {@link Egress.send}, for bodies that need not fit into memory. */
  stream(request: EgressStreamRequest): Promise<EgressStream>;
  /**
   * Judges an address before anything is to be sent there. One that does not resolve now may do so one day, and passes.
   *
   * @throws EvergrantError `target_not_allowed` when the guard refuses it
   */
  check(request: Pick<EgressRequest, 'url' | 'trustedOrigins'>): Promise<void>;
}

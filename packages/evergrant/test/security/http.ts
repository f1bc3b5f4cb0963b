import { type IncomingHttpHeaders, request } from 'node:http';

export interface Sent {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  signal?: AbortSignal;
}

export interface Reply<T = unknown> {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** The body as JSON; undefined when it is none. */
  data: T;
}

/**
 * Sends exactly what it is told, `Host` and forged headers included, and follows nothing.
 *
 * @param url an address on plain http
 */
export const send = <T = unknown>(url: string, { method = 'GET', headers = {}, body, signal }: Sent = {}) =>
  new Promise<Reply<T>>((resolve, reject) => {
    const outgoing = request(url, { method, headers, signal, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text, data: parsed(text) as T });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Waits until something holds; fails when it does not hold in time. */
export const eventually = async <T>(
  what: string,
  look: () => T | Promise<T>,
  milliseconds = 5000,
): Promise<NonNullable<T>> => {
  const until = performance.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > until) throw new Error(`Not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

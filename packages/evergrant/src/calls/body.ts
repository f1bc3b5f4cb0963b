import { EvergrantError } from '../errors/index.ts';

/** Bodies up to so many bytes are kept, so that the call can be repeated. */
export const repeatableBytes = 1_048_576;

/** The body of a call: kept whole, where it may be sent a second time, or flowing through once. */
export type CallBody =
  | { kind: 'none' }
  | { kind: 'kept'; bytes: Uint8Array }
  | { kind: 'flowing'; stream: ReadableStream<Uint8Array> };

/**
 * Keeps a small body and lets a large one flow.
 *
 * @param whole the signature covers it (a form, RFC 5849 section 3.4.1.3.1), so that it must be kept
 * @throws EvergrantError `payload_too_large` when such a body is larger than {@link repeatableBytes}
 */
export const readBody = async (body: ReadableStream<Uint8Array> | null, whole: boolean): Promise<CallBody> => {
  if (body === null) return { kind: 'none' };
  const { bytes, rest } = await peek(body, repeatableBytes);
  if (bytes !== null) return bytes.length === 0 ? { kind: 'none' } : { kind: 'kept', bytes };
  if (!whole) return { kind: 'flowing', stream: rest };
  await rest.cancel();
  throw new EvergrantError('payload_too_large', { detail: 'A form may have one megabyte' });
};

/**
 * Reads the beginning of a stream.
 *
 * @returns `bytes`: the whole, null if it is longer than `limit`; `rest`: the stream as if nothing had been read
 */
export const peek = async (
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<{ bytes: Uint8Array | null; rest: ReadableStream<Uint8Array> }> => {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= limit) {
    const { done, value } = await reader.read();
    if (done) {
      const bytes = Buffer.concat(chunks);
      return { bytes, rest: new Blob([bytes]).stream() };
    }
    chunks.push(value);
    length += value.length;
  }
  const rest = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const read = chunks.shift();
      const next = read ? { done: false as const, value: read } : await reader.read();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { bytes: null, rest };
};

/** A stream that says when it is over: read to its end, broken, or left by its reader. */
export const watched = (stream: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> => {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          controller.enqueue(value);
          return;
        }
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      over();
    },
    async cancel(reason) {
      over();
      await reader.cancel(reason);
    },
  });
};

import type { StreamingEgress } from '../egress/index.ts';
import { EvergrantError } from '../errors/index.ts';
import type { Clock } from '../telemetry/clock.ts';

export interface Picture {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface Pictures {
  /**
   * The picture at an address, from a cache where it was fetched lately.
   *
   * @param trustedOrigins as {@link StreamingEgress} takes them
   * @throws EvergrantError `not_found` where there is none, or none that may be shown
   */
  fetch(url: string, trustedOrigins: ReadonlySet<string>): Promise<Picture>;
}

const types: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/svg+xml',
]);
const largest = 1024 * 1024;
const timeoutMs = 10_000;
/** Bytes that are kept at most. */
const cacheSize = 32 * 1024 * 1024;
/** Milliseconds; addresses of pictures change with the picture. */
const cacheTime = 6 * 3_600_000;
/** What could not be fetched is left alone for so long. */
const missTime = 5 * 60_000;
/** Fetched at a time; a page of a hundred accounts must not take every socket. */
const atOnce = 8;

interface Entry {
  until: number;
  picture: Picture | null;
}

/**
 * Fetches pictures of accounts on behalf of the dashboard, so that platforms do not see who looks at them, and when. The
 * address comes from the platform: it passes the guard like any other, and only an image of modest size comes back.
 */
export const createPictures = (egress: StreamingEgress, clock: Clock): Pictures => {
  const cache = new Map<string, Entry>();
  const underWay = new Map<string, Promise<Picture | null>>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let size = 0;

  const sizeOf = (entry: Entry | undefined): number => entry?.picture?.bytes.length ?? 0;
  const forget = (url: string): void => {
    size -= sizeOf(cache.get(url));
    cache.delete(url);
  };
  const keep = (url: string, picture: Picture | null): void => {
    forget(url);
    cache.set(url, { picture, until: clock.now() + (picture ? cacheTime : missTime) });
    size += picture?.bytes.length ?? 0;
    for (const oldest of cache.keys()) {
      if (size <= cacheSize && cache.size <= 10_000) break;
      forget(oldest);
    }
  };

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };

  const load = async (url: string, trustedOrigins: ReadonlySet<string>): Promise<Picture | null> => {
    try {
      const answer = await egress.stream({
        method: 'GET',
        url,
        trustedOrigins,
        timeoutMs,
        headers: { accept: [...types].join() },
        signal: AbortSignal.timeout(2 * timeoutMs),
      });
      const header = answer.headers.find(([name]) => name === 'content-type')?.[1] ?? '';
      const type = header.split(';')[0]!.trim().toLowerCase();
      if (answer.status !== 200 || !types.has(type)) {
        await answer.body.cancel();
        return null;
      }
      return { type, bytes: await readUpTo(largest, answer.body) };
    } catch {
      // Whatever was wrong with it, the letter of the name stands in its place.
      return null;
    }
  };

  return {
    async fetch(url, trustedOrigins) {
      const known = cache.get(url);
      let picture = known && clock.now() < known.until ? known.picture : undefined;
      if (picture === undefined) {
        const loading = underWay.get(url) ?? inTurn(() => load(url, trustedOrigins));
        underWay.set(url, loading);
        picture = await loading;
        if (underWay.delete(url)) keep(url, picture);
      }
      if (picture === null) throw new EvergrantError('not_found');
      return picture;
    },
  };
};

const readUpTo = async (limit: number, body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limit) throw new RangeError('too large');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
};

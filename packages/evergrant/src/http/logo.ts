import { readFile } from 'node:fs/promises';
import type { StreamingEgress } from '../egress/index.ts';
import type { Logger } from '../telemetry/logger.ts';

/** A picture that is served from here, so that pages load nothing from elsewhere. */
export interface Logo {
  type: string;
  body: Uint8Array<ArrayBuffer>;
}

/** The logo, once it has been got. */
export type LogoSource = () => Logo | null;

const largest = 512 * 1024;
/** Milliseconds until a logo that could not be got is tried again. */
const retryAfter = 60_000;

const types: Record<string, string> = {
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  webp: 'image/webp',
};

/**
 * Gets the application's logo in the background: from a `data:` URI, a file, or an https address. Pages do without while it
 * is not there, and whoever asks then has it tried again.
 *
 * @param place as in the settings
 * @param now milliseconds of a clock that only goes forward
 */
export const createLogo = (
  place: string | null,
  { egress, logger, now }: { egress: StreamingEgress; logger: Logger; now: () => number },
): LogoSource => {
  let logo: Logo | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  const get = async (from: string): Promise<void> => {
    triedAt = now();
    try {
      logo = checked(await fetchLogo(from, egress));
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      logger.warn({ reason }, 'the logo of APP_LOGO cannot be had; pages show letters in its place');
    }
  };
  const look: LogoSource = () => {
    if (place !== null && logo === null && now() - triedAt > retryAfter) void get(place);
    return logo;
  };
  look();
  return look;
};

const fetchLogo = async (place: string, egress: StreamingEgress): Promise<Logo> => {
  if (place.startsWith('data:')) {
    const [head = '', content = ''] = place.slice('data:'.length).split(/,(.*)/s);
    const [type = ''] = head.split(';');
    const body = head.endsWith(';base64') ? Buffer.from(content, 'base64') : Buffer.from(decodeURIComponent(content));
    return { type, body: new Uint8Array(body) };
  }
  if (!/^https?:/.test(place)) {
    const ending = /\.(\w+)$/.exec(place)?.[1]?.toLowerCase() ?? '';
    return { type: types[ending] ?? ending, body: new Uint8Array(await readFile(place)) };
  }
  const trustedOrigins = new Set([new URL(place).origin]);
  const { status, headers, body } = await egress.stream({
    method: 'GET',
    url: place,
    trustedOrigins,
    timeoutMs: 15_000,
  });
  const type = new Map(headers).get('content-type') ?? '';
  const bytes = await readAtMost(body, largest);
  if (status !== 200) throw new Error(`HTTP ${status}`);
  return { type: type.split(';')[0]!.trim().toLowerCase(), body: bytes };
};

const readAtMost = async (body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // One chunk too many is enough for the check to refuse; leaving the loop cancels the rest.
    chunks.push(chunk);
    if (size > limit) break;
  }
  return new Uint8Array(Buffer.concat(chunks));
};

const checked = (logo: Logo): Logo => {
  if (!Object.values(types).includes(logo.type)) throw new Error(`${logo.type || 'no type'} is no type of picture`);
  if (logo.body.byteLength > largest) throw new Error('it is larger than 512 KiB');
  return logo;
};

import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { Follower } from '../events/following.ts';
import type { TimelineEvent } from '../events/index.ts';
import type { TimelineFilter } from '../events/timeline.ts';
import type { HttpDependencies } from './deps.ts';
import { eventBody } from './schemas.ts';

/** A comment so often, in milliseconds, keeps proxies from ending a quiet stream; the key is checked again with it. */
const heartbeat = 15_000;
/** What a slow reader has not taken yet, in bytes; with more it reads from the database at its own pace. */
const largestBuffer = 256 * 1024;
/** Streams of one process. */
const mostStreams = 1000;

export interface StreamRequest {
  /** Whether whoever opened it still may. @throws EvergrantError `unauthenticated` */
  check: () => Promise<unknown>;
  filter: TimelineFilter;
  after: string | undefined;
}

/**
 * Events as they happen, as server-sent events (HTML Living Standard section 9.2). It ends when the key is revoked, when
 * nothing is read for a while, and when this process stops; the reader then goes on from the last id that it has seen.
 *
 * @throws EvergrantError `invalid_request` when `after` is no event, `rate_limited` when there are too many streams
 */
export const streamEvents = async (
  { following, context }: HttpDependencies,
  { check, filter, after }: StreamRequest,
): Promise<ReadableStream<Uint8Array>> => {
  if (following.size >= mostStreams) throw new EvergrantError('rate_limited', { retryAfter: 15 });
  const { clock } = context;
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let open = true;
  let stalled = false;
  let roomMade = () => {};
  let leave = () => {};
  let cancelBeat = () => {};

  const isFull = (): boolean => (controller.desiredSize ?? 0) <= 0;
  const write = (text: string): void => {
    if (open) controller.enqueue(new TextEncoder().encode(text));
  };
  const over = (): void => {
    open = false;
    cancelBeat();
    leave();
    roomMade();
  };
  const follower: Follower = {
    send: (events) => write(events.map(toMessage).join('')),
    isFull,
    room: () =>
      !open || !isFull()
        ? Promise.resolve()
        : new Promise((resolve) => {
            roomMade = resolve;
          }),
    end() {
      if (!open) return;
      over();
      controller.close();
    },
  };

  const beat = async (): Promise<void> => {
    // Nobody has read since the last time.
    if (stalled && isFull()) return follower.end();
    stalled = isFull();
    try {
      await check();
    } catch (error) {
      // A database that does not answer at this moment revokes no key.
      if (isEvergrantError(error, 'unauthenticated')) return follower.end();
    }
    if (!open) return;
    if (!stalled) write(': \n\n');
    cancelBeat = clock.after(heartbeat, () => void beat());
  };

  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
      },
      pull() {
        if (!isFull()) roomMade();
      },
      cancel: over,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: largestBuffer }),
  );
  // Written at once, so that whoever waits for the headers sees that it is open; and how soon to come back.
  write('retry: 2000\n\n');
  cancelBeat = clock.after(heartbeat, () => void beat());
  try {
    leave = await following.follow(filter, after, follower);
  } catch (error) {
    over();
    throw error;
  }
  // It may have been left in the meantime.
  if (!open) leave();
  return body;
};

/** JSON has no line break in it. */
const toMessage = (event: TimelineEvent): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(eventBody(event))}\n\n`;

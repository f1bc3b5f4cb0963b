import { isEvergrantError } from '../errors/index.ts';
import { type EventRow, events, type Horizon } from '../store/index.ts';
import { type Loop, startLoop } from '../telemetry/loop.ts';
import type { EventsContext } from './context.ts';
import { type EventType, type TimelineEvent, toTimelineEvent } from './index.ts';
import { positionOf, type TimelineFilter } from './timeline.ts';

/** Who is told of events as they happen. */
export interface Follower {
  send(events: TimelineEvent[]): void;
  /** Whether it still has to pass on so much that nothing should be added. */
  isFull(): boolean;
  /** Resolves as soon as it is not full. */
  room(): Promise<void>;
  /** Nothing will be sent any more. */
  end(): void;
}

export interface Following {
  /**
   * Sends every event that matches, in order, each once, from the one after `after` on.
   *
   * @param after id of an event; undefined: what happens from now on
   * @returns stops it
   * @throws EvergrantError `invalid_request` when `after` is no event
   */
  follow(filter: TimelineFilter, after: string | undefined, follower: Follower): Promise<() => void>;
  /** Followers at present. */
  readonly size: number;
  /** Ends every follower, and takes no more. */
  close(): void;
}

/** Milliseconds between two looks for new events, while anybody follows. */
const interval = 500;
/** Events in one look. */
const batch = 500;

interface Place {
  follower: Follower;
  filter: TimelineFilter;
  /** The position up to which it has been told. */
  at: number;
  /** Whether it is told by the one who looks for all; otherwise it reads for itself until it has caught up. */
  live: boolean;
}

/** The look-out for all, from the first follower to the last. */
interface Watch {
  loop: Loop;
  /** Up to here everybody live has been told; null: not known yet. */
  position: number | null;
}

/** Tells of events as they happen: one looks for all, however many follow. */
export const createFollowing = ({ store, clock, logger }: EventsContext, horizon: Horizon): Following => {
  const places = new Set<Place>();
  let watch: Watch | null = null;
  let closed = false;

  const catchUp = async (place: Place): Promise<void> => {
    place.live = false;
    try {
      for (;;) {
        await place.follower.room();
        const upTo = places.has(place) ? (watch?.position ?? null) : null;
        if (upTo === null) return;
        // From here to the next `await` nobody looks for all, so that nothing falls between the two.
        if (place.at >= upTo) {
          place.live = true;
          return;
        }
        const rows = await events.between(store.db, place.filter, { after: place.at, upTo, limit: batch });
        if (!places.has(place)) return;
        if (rows.length > 0) place.follower.send(rows.map(toTimelineEvent));
        place.at = rows.length === batch ? rows.at(-1)!.position : upTo;
      }
    } catch (error) {
      logFault(error);
      leave(place);
      place.follower.end();
    }
  };

  const tell = (place: Place, rows: EventRow[], upTo: number): void => {
    const news = rows.filter((row) => row.position > place.at && matches(place.filter, row));
    // One that is too slow reads for itself, at its own pace.
    if (news.length > 0 && place.follower.isFull()) return void catchUp(place);
    if (news.length > 0) place.follower.send(news.map(toTimelineEvent));
    place.at = Math.max(place.at, upTo);
  };

  const look = async (mine: Watch): Promise<boolean> => {
    const complete = await horizon.advance();
    if (mine.position === null) {
      // As long as the first writers have not ended it is not known how far the timeline is complete.
      if (complete === 0 && (await horizon.last()) > 0) return false;
      mine.position = complete;
      for (const place of places) void catchUp(place);
    }
    if (complete <= mine.position) return false;
    const rows = await events.between(store.db, {}, { after: mine.position, upTo: complete, limit: batch });
    if (watch !== mine) return false;
    mine.position = rows.length === batch ? rows.at(-1)!.position : complete;
    for (const place of places) if (place.live) tell(place, rows, mine.position);
    return mine.position < complete;
  };

  const startWatch = (): Watch => {
    const mine: Watch = { position: null, loop: startLoop(clock, interval, () => look(mine), logFault) };
    return mine;
  };

  const logFault = (error: unknown): void => {
    logger.warn({ error_code: isEvergrantError(error) ? error.code : 'internal', error }, 'events could not be read');
  };

  const leave = (place: Place): void => {
    places.delete(place);
    if (places.size > 0) return;
    void watch?.loop.stop();
    watch = null;
  };

  return {
    get size() {
      return places.size;
    },
    async follow(filter, after, follower) {
      const at = after === undefined ? await horizon.last() : await positionOf(store, after, filter.owner);
      const place: Place = { follower, filter, at, live: false };
      if (closed) {
        follower.end();
        return () => {};
      }
      places.add(place);
      if (watch) void catchUp(place);
      else watch = startWatch();
      return () => leave(place);
    },
    close() {
      closed = true;
      for (const place of [...places]) {
        leave(place);
        place.follower.end();
      }
    },
  };
};

/** The same as the query does. */
const matches = ({ types, connectionId, provider, owner }: TimelineFilter, row: EventRow): boolean =>
  (types === undefined || types.includes(row.type as EventType)) &&
  (connectionId === undefined || row.connection_id === connectionId) &&
  (provider === undefined || row.provider === provider) &&
  (owner === undefined || row.owner === owner);

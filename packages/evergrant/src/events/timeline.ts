import { setTimeout as pause } from 'node:timers/promises';
import { EvergrantError } from '../errors/index.ts';
import { events, type Horizon, type Page, type PageRequest, pageOf, type Store, toPage } from '../store/index.ts';
import { type EventType, type TimelineEvent, toTimelineEvent } from './index.ts';

/** Which events; what is left out does not restrict. */
export interface TimelineFilter {
  types?: readonly EventType[];
  connectionId?: string;
  provider?: string;
  owner?: string;
}

export interface TimelineQuery extends TimelineFilter, PageRequest {
  /** Id of an event: those that came after it, in their order. Without it the newest come first. */
  after?: string;
}

/** For so long a reader waits for transactions that are just writing events, in steps of so long; in milliseconds. */
const patience = 500;
const step = 20;

/**
 * The timeline of everything.
 *
 * With `after`, `nextCursor` leads on in the same direction, and null says that all that is there was read; the id of the
 * last event is the next `after`.
 *
 * @throws EvergrantError `invalid_request` for a bad limit or cursor, and for an `after` that names no event
 */
export const listTimeline = async (
  store: Store,
  horizon: Horizon,
  { after, limit, cursor, ...filter }: TimelineQuery,
): Promise<Page<TimelineEvent>> => {
  const { before: last, size } = pageOf({ limit, cursor }, 'evt_');
  const rows = await (after === undefined
    ? events.newest(store.db, filter, { upTo: await newestOf(store, horizon, last), limit: size + 1 })
    : events.between(store.db, filter, {
        after: await positionOf(store, last ?? after, filter.owner),
        upTo: await settled(horizon),
        limit: size + 1,
      }));
  return toPage(rows.map(toTimelineEvent), size);
};

/**
 * Where a list that leads backwards begins. Not before what is just being written has been: otherwise an id of this list,
 * given as `after`, would lead past it.
 *
 * @param cursor the event before which it goes on; where it is no longer kept, nothing before it is either
 */
const newestOf = async (store: Store, horizon: Horizon, cursor: string | undefined): Promise<number> =>
  cursor === undefined ? settled(horizon) : ((await events.byId(store.db, cursor))?.position ?? 0) - 1;

/**
 * Where an event stands. One that is no longer kept stands before everything that is: who was away for longer than events
 * are kept goes on with the oldest.
 *
 * @param owner whose events the reader may see; undefined: everybody's
 * @throws EvergrantError `invalid_request` for what is no event
 */
export const positionOf = async (store: Store, id: string, owner?: string): Promise<number> => {
  const row = await events.byId(store.db, id);
  if (row && (owner === undefined || row.owner === owner)) return row.position;
  const oldest = /^evt_[0-9a-f]{32}$/.test(id) && !row ? await events.oldest(store.db) : null;
  // Ids begin with the time at which they were made.
  if (oldest === undefined || (oldest && id < oldest.id)) return 0;
  const message = 'is no event that was handed out';
  throw new EvergrantError('invalid_request', {
    detail: `after ${message}`,
    errors: [{ pointer: '/after', code: 'invalid', message }],
  });
};

/** How far the timeline is complete, waiting for what is just being written. */
const settled = async (horizon: Horizon): Promise<number> => {
  const wanted = await horizon.last();
  let reached = await horizon.advance();
  for (let waited = 0; reached < wanted && waited < patience; waited += step) {
    await pause(step);
    reached = await horizon.advance();
  }
  return reached;
};

import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { type EventType, eventTypes } from '../../events/index.ts';
import type { TimelineFilter } from '../../events/timeline.ts';
import { authenticate, requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { streamEvents } from '../event-stream.ts';
import { connection } from '../examples.ts';
import type { Principal } from '../keyring.ts';
import { invalidRequest } from '../problems.ts';
import { createRoute } from '../route.ts';
import { callerText, eventBody, eventSchema, json, pageOf, pageQuery, problems } from '../schemas.ts';

/** One type or several between commas. */
const types = z
  .string()
  .max(1000)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(eventTypes)).min(1))
  .optional()
  .openapi({
    type: 'string',
    items: undefined,
    minItems: undefined,
    description: 'Only those of this type, or of several between commas',
    examples: ['connection.reauth_required,connection.recovered'],
  });

const name = callerText.pipe(z.string().max(200)).optional();

const filterQuery = {
  after: name.openapi({ description: 'The id of an event: those that came after it, in order' }),
  type: types,
  connection_id: name.openapi({ description: 'Only those of this connection', examples: [connection.id] }),
  provider: name.openapi({ description: 'Only those of this platform', examples: [connection.provider] }),
  owner: name.openapi({ description: 'Only those of this owner', examples: [connection.owner] }),
};

interface FilterQuery {
  type?: EventType[];
  connection_id?: string;
  provider?: string;
  owner?: string;
}

/** Null: what another owner has does not exist for a bound key. */
const filterOf = (query: FilterQuery, { owner: bound }: Principal): TimelineFilter | null => {
  const { type, connection_id, provider, owner: wanted } = query;
  if (bound !== null && wanted !== undefined && wanted !== bound) return null;
  return { types: type, connectionId: connection_id, provider, owner: bound ?? wanted };
};

/** The timeline of everything, as a list and as a stream. */
export const addEventRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/events',
      operationId: 'listEvents',
      summary: 'Read the timeline of everything: newest first, or in order from the one after an event',
      security: [{ apiKey: ['events:read'] }],
      middleware: requires(deps, 'events:read'),
      request: { query: z.strictObject({ ...filterQuery, ...pageQuery }) },
      responses: { 200: json('A page of events', pageOf(eventSchema)), ...problems },
    }),
    async (c) => {
      const { after, limit, cursor, ...query } = c.req.valid('query');
      const filter = filterOf(query, c.get('principal'));
      if (filter === null) return c.json({ data: [], next_cursor: null }, 200);
      const page = await deps.timeline.list({ ...filter, after, limit, cursor });
      return c.json({ data: page.data.map(eventBody), next_cursor: page.nextCursor }, 200);
    },
  );
  addStream(app, deps);
};

const streamQuery = z.strictObject(filterQuery);

const addStream = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/v1/events/stream',
    operationId: 'streamEvents',
    summary: 'Follow the timeline as server-sent events',
    description:
      'Each event has its `id`, its type as `event` and an Event as `data`. It goes on after `after` or `Last-Event-ID`, ' +
      'or begins with what happens from now on.',
    security: [{ apiKey: ['events:read'] }],
    request: {
      query: streamQuery,
      headers: z.object({
        'last-event-id': z.string().optional().openapi({ description: 'The id of the event that was seen last' }),
      }),
    },
    responses: {
      200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
      ...problems,
    },
  });
  app.get('/v1/events/stream', requires(deps, 'events:read'), async (c) => {
    const checked = streamQuery.safeParse(c.req.query());
    if (!checked.success) throw invalidRequest(checked.error.issues);
    const { after, ...query } = checked.data;
    const filter = filterOf(query, c.get('principal'));
    const body = await streamEvents(deps, {
      check: () => authenticate(deps, c),
      // An owner that no event has.
      filter: filter ?? { owner: '' },
      // A client that comes back after a fault says itself where it stood.
      after: lastEventId(c) ?? after,
    });
    return c.newResponse(body, 200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      // nginx passes on at once what it would gather otherwise.
      'x-accel-buffering': 'no',
    });
  });
};

const lastEventId = (c: HonoContext): string | undefined => c.req.header('last-event-id')?.trim() || undefined;

import { createRoute as declareRoute, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { EvergrantError } from '../errors/index.ts';
import { invalidRequest } from './problems.ts';

const nothing = z.strictObject({});

/**
 * Declares a route of the API. What it does not declare it refuses, whether it stands in the query or in a body: a
 * parameter that is passed over without a word is one whose author believes that it did something.
 */
export const createRoute: typeof declareRoute = (route) => {
  const takesNoBody = route.method !== 'get' && route.request?.body === undefined;
  return declareRoute({
    ...route,
    ...(takesNoBody ? { middleware: [...[route.middleware ?? []].flat(), refuseBody] } : {}),
    request: { query: nothing, ...route.request },
  });
};

/** An empty body and an empty object say nothing. */
const refuseBody: MiddlewareHandler = async (c, next) => {
  const text = await c.req.text();
  const { error } = nothing.safeParse(text.trim() === '' ? {} : parsed(text));
  if (error) throw invalidRequest(error.issues);
  await next();
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new EvergrantError('invalid_request', { detail: 'The body is not valid JSON' });
  }
};

import type { Context as HonoContext } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { withReconnectUrl } from '../connections/view.ts';
import { EvergrantError, type FieldError, isEvergrantError } from '../errors/index.ts';
import { toProblem } from '../errors/problem.ts';
import type { HttpDependencies, HttpEnv } from './deps.ts';

/** Any error as one of ours: what nobody expected becomes `internal`, whole in the log and generic outside. */
export const toEvergrantError = (deps: HttpDependencies, c: HonoContext<HttpEnv>, error: unknown): EvergrantError => {
  // Not the fault of whoever sent the request: another server may take it.
  if (deps.context.store.isClosed()) {
    return new EvergrantError('storage_unavailable', { detail: 'This server has stopped' });
  }
  if (isEvergrantError(error)) return error;
  if (error instanceof HTTPException && error.status === 400) {
    return new EvergrantError('invalid_request', { detail: 'The body is not valid JSON' });
  }
  deps.context.logger.error({ request: c.get('requestId'), error }, 'a request failed unexpectedly');
  return new EvergrantError('internal');
};

/** Answers with a problem document (RFC 9457). */
export const problem = (deps: HttpDependencies, c: HonoContext<HttpEnv>, error: EvergrantError): Response => {
  const { publicUrl } = deps.settings;
  const body = toProblem(withReconnectUrl(deps.context, publicUrl, error), publicUrl, c.get('requestId'));
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
  if (error.retryAfter !== undefined) headers['retry-after'] = String(error.retryAfter);
  if (error.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer realm="evergrant"';
  return c.body(JSON.stringify(body), error.status as 400, headers);
};

interface Issue {
  path: PropertyKey[];
  code: string;
  message: string;
  keys?: string[];
}

/** What zod found wrong, as `errors` of a problem document. */
export const invalidRequest = (issues: Issue[]): EvergrantError => {
  const errors: FieldError[] = issues.flatMap(({ path, code, message, keys }) =>
    (keys ?? [undefined]).map((key) => ({
      pointer: `/${[...path, ...(key === undefined ? [] : [key])].map(pointerStep).join('/')}`,
      code,
      message: key === undefined ? message : 'is not known',
    })),
  );
  const [first] = errors;
  return new EvergrantError('invalid_request', {
    detail: first ? `${first.pointer.slice(1) || 'The body'}: ${first.message}` : undefined,
    errors,
  });
};

/** RFC 6901 section 3. */
const pointerStep = (step: PropertyKey): string => String(step).replaceAll('~', '~0').replaceAll('/', '~1');

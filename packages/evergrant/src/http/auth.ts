import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { HttpDependencies, HttpEnv } from './deps.ts';
import { type Permission, type Principal, permits } from './keyring.ts';
import { countAddress } from './limits.ts';

/** The bearer credential of a request (RFC 6750 section 2.1). One in the URL never counts. */
export const bearerOf = (c: HonoContext): string | null =>
  /^Bearer +([\w.~+/-]+=*)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? null;

/**
 * By API key, or by the cookie of a session where no key is given. Wrong keys are counted; too many from one address are
 * told to wait. A session that is over is no guess at one.
 */
export const authenticate = async (deps: HttpDependencies, c: HonoContext<HttpEnv>): Promise<Principal> => {
  const mayBeSession = deps.settings.dashboard && c.req.header('authorization') === undefined;
  if (mayBeSession && deps.sessions.isClaimed(c)) return deps.sessions.authenticate(c);
  const key = bearerOf(c);
  try {
    if (key === null) throw new EvergrantError('unauthenticated');
    return await deps.keyring.authenticate(key);
  } catch (error) {
    if (isEvergrantError(error, 'unauthenticated')) countAddress(deps, c, 'signIn');
    throw error;
  }
};

/** @throws EvergrantError `unauthenticated`, `permission_denied`, `rate_limited` */
export const authorize = async (
  deps: HttpDependencies,
  c: HonoContext<HttpEnv>,
  needed: Permission,
): Promise<Principal> => {
  const principal = await authenticate(deps, c);
  if (!permits(principal, needed)) {
    throw new EvergrantError('permission_denied', { detail: `This call needs the permission ${needed}` });
  }
  return principal;
};

/** Lets a request pass whose key has a permission, before its body is looked at. */
export const requires =
  (deps: HttpDependencies, needed: Permission): MiddlewareHandler<HttpEnv> =>
  async (c, next) => {
    c.set('principal', await authorize(deps, c, needed));
    await next();
  };

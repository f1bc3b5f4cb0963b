import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { EvergrantError } from '../errors/index.ts';
import type { HttpDependencies, HttpEnv } from './deps.ts';
import { type Permission, type Principal, permits } from './keyring.ts';

/** The bearer credential of a request (RFC 6750 section 2.1). One in the URL never counts. */
export const bearerOf = (c: HonoContext): string | null =>
  /^Bearer +([\w.~+/-]+=*)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? null;

/** @throws EvergrantError `unauthenticated`, `permission_denied` */
export const authorize = async (
  deps: HttpDependencies,
  c: HonoContext<HttpEnv>,
  needed: Permission,
): Promise<Principal> => {
  const key = bearerOf(c);
  if (key === null) throw new EvergrantError('unauthenticated');
  const principal = await deps.keyring.authenticate(key);
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

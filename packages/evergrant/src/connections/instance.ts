import { isIP } from 'node:net';
import { type ErrorCode, EvergrantError } from '../errors/index.ts';
import type { AppSettings } from '../protocols/types.ts';

/**
 * The instance that a person or an application named, as host: from a host, an address, `@user@host` or `user@host`, in
 * lower case, international names in the letters of DNS (RFC 5891). Whether it resolves to public addresses is seen when
 * it is dialled.
 *
 * @throws EvergrantError `invalid_request` for what names no host, and where there is one server only; `target_not_allowed` for addresses, ports and names
 *   that are not of the public Internet, unless `origins` name them
 */
export const normaliseInstance = (app: AppSettings, input: string): string => {
  const { definition, provider, origins } = app;
  if (!definition.instance) throw refused('invalid_request', provider, `${definition.name} has one server only`);
  // What the value means elsewhere (a handle, a DID) the protocol knows.
  if (definition.protocol.kind !== 'oauth2') return input;
  const url = URL.parse(`https://${authorityOf(input)}`);
  const host = url?.hostname.replace(/\.$/, '') ?? '';
  if (!url || host === '' || url.pathname !== '/') {
    throw refused(
      'invalid_request',
      provider,
      `That is not the name of a server, such as ${definition.instance.placeholder}`,
    );
  }
  const named = url.port === '' ? host : `${host}:${url.port}`;
  const isTrusted = Object.keys(origins).some((origin) => URL.parse(origin)?.origin === `https://${named}`);
  if (isTrusted || isPublicName(host, url.port)) return named;
  throw refused('target_not_allowed', provider, `${named} is not the name of a server on the public Internet`);
};

const refused = (code: ErrorCode, provider: string, message: string): EvergrantError =>
  new EvergrantError(code, {
    provider,
    detail: message,
    errors: [{ pointer: '/instance', code: 'invalid', message }],
  });

/** Host and port in what people type; the part before an `@` is a user. */
const authorityOf = (input: string): string => {
  const [authority = ''] = input
    .trim()
    .replace(/^(?:https?:\/\/|acct:)/i, '')
    .split(/[/?#]/);
  return authority.slice(authority.lastIndexOf('@') + 1);
};

/** `URL` has brought every spelling of an IPv4 address into four decimal parts, and IPv6 into brackets. */
const isPublicName = (host: string, port: string): boolean =>
  port === '' && isIP(host) === 0 && /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(host);

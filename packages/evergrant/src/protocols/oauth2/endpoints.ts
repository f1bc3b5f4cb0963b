import { fillPlaceholders, reroute } from '../../egress/origins.ts';
import { EvergrantError } from '../../errors/index.ts';
import type { OAuth2App } from '../types.ts';
import type { Discover, EndpointName, Issuer } from './discovery.ts';

/** Where a request goes, and which origins beyond the public ones it may reach. */
export interface Target {
  url: string;
  trustedOrigins: ReadonlySet<string>;
}

/** The issuer of the definition; null where the platform has none. */
export const issuerOf = (app: OAuth2App, variables: Record<string, string>): Issuer | null => {
  const { issuer } = app.definition.protocol;
  if (issuer === undefined) return null;
  const declared = webAddress(app, fillPlaceholders(issuer, variables));
  return { declared, rerouted: reroute(declared, app.origins) };
};

/** A URL of the definition: placeholders filled, then sent where the operator wants it. */
export const declaredTarget = (app: OAuth2App, url: string, variables: Record<string, string>): Target => ({
  url: webAddress(app, reroute(fillPlaceholders(url, variables), app.origins)),
  trustedOrigins: app.trustedOrigins,
});

const webAddress = (app: OAuth2App, url: string): string => {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
  throw new EvergrantError('definition_invalid', {
    provider: app.provider,
    detail: 'An endpoint is not a web address.',
  });
};

/**
 * An endpoint: the declared one, else what the issuer publishes. The network is asked only when nothing is declared.
 *
 * @returns null when the platform has no such endpoint
 * @throws EvergrantError `provider_unavailable`, `provider_timeout` or `provider_bad_response` when discovery fails
 */
export const findTarget = async (
  discover: Discover,
  app: OAuth2App,
  endpoint: { declared: string | undefined; name: EndpointName; variables: Record<string, string> },
): Promise<Target | null> => {
  const { declared, name, variables } = endpoint;
  if (declared !== undefined) return declaredTarget(app, declared, variables);
  const issuer = issuerOf(app, variables);
  const found = issuer ? (await discover(app, issuer))[name] : undefined;
  return issuer && found ? discoveredTarget(app, issuer, found) : null;
};

/**
 * As {@link findTarget}, for endpoints without which nothing works.
 *
 * @throws EvergrantError `definition_invalid` when there is none
 */
export const requireTarget = async (...[discover, app, endpoint]: Parameters<typeof findTarget>): Promise<Target> => {
  const target = await findTarget(discover, app, endpoint);
  if (target) return target;
  throw new EvergrantError('definition_invalid', {
    provider: app.provider,
    detail: `Neither the definition nor its issuer names an ${endpoint.name}.`,
  });
};

/**
 * A published endpoint must be https. Only a server on loopback that the operator named may send us to others on
 * loopback; anyone else who does so wants us to attack ourselves.
 */
const discoveredTarget = (app: OAuth2App, issuer: Issuer, published: string): Target => {
  const url = reroute(published, app.origins);
  const { protocol, origin, hostname } = URL.parse(url) ?? { protocol: '', origin: '', hostname: '' };
  const server = new URL(issuer.rerouted);
  const local = isLoopback(hostname) && isLoopback(server.hostname) && app.trustedOrigins.has(server.origin);
  if (protocol === 'https:' || (protocol === 'http:' && (local || app.trustedOrigins.has(origin)))) {
    return { url, trustedOrigins: local ? new Set([...app.trustedOrigins, origin]) : app.trustedOrigins };
  }
  throw new EvergrantError('provider_bad_response', {
    provider: app.provider,
    detail: 'The metadata of the authorization server names an endpoint that is not https.',
  });
};

/** `URL` has already brought every spelling of an IPv4 address into four decimal parts. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);

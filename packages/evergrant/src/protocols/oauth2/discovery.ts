import { reroute } from '../../egress/origins.ts';
import type { Egress } from '../../egress/types.ts';
import { EvergrantError } from '../../errors/index.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { createCache } from '../cache.ts';
import { isJsonObject, type JsonObject, parseJson } from '../json.ts';
import { sendForAnswer } from '../transport.ts';
import type { OAuth2App } from '../types.ts';

/** An issuer as the definition writes it, and where the operator's reroutes have it answer. Either may be named back. */
export interface Issuer {
  declared: string;
  rerouted: string;
}

export type EndpointName = 'authorization_endpoint' | 'token_endpoint' | 'revocation_endpoint';

/** The members of RFC 8414 section 2 that are used here. */
export interface Metadata extends Partial<Record<EndpointName, string>> {
  /** RFC 9207 section 3: a callback without `iss` is not from this server. */
  issParameterSupported: boolean;
}

export type Discover = (app: OAuth2App, issuer: Issuer) => Promise<Metadata>;

const lifetimeMs = 3_600_000;

/**
 * Discovery of authorization server metadata (RFC 8414, OpenID Connect Discovery 1.0), kept for an hour. Failures are
 * not kept. Callers at the same time share one request.
 */
export const createDiscovery = (egress: Egress, clock: Clock): Discover => {
  const cached = createCache<Metadata>(clock, lifetimeMs);
  return (app, issuer) =>
    cached(JSON.stringify([app.provider, issuer.declared, issuer.rerouted]), () => discover(egress, app, issuer));
};

const discover = async (egress: Egress, app: OAuth2App, issuer: Issuer): Promise<Metadata> => {
  const { provider, trustedOrigins } = app;
  let detail = 'The authorization server publishes no metadata.';
  for (const address of wellKnownAddresses(issuer.declared)) {
    const url = reroute(address, app.origins);
    const request = { method: 'GET', url, headers: { accept: 'application/json' }, trustedOrigins };
    const { status, body } = await sendForAnswer(egress, request, provider);
    if (status === 429 || status >= 500) {
      throw new EvergrantError('provider_unavailable', { provider, upstream: { status } });
    }
    const document = status === 200 ? parseJson(body) : undefined;
    if (!isJsonObject(document)) continue;
    if (document['issuer'] === issuer.declared || document['issuer'] === issuer.rerouted) return metadataOf(document);
    detail = 'The metadata of the authorization server names another issuer.';
  }
  throw new EvergrantError('provider_bad_response', { provider, detail });
};

/** RFC 8414 section 3.1 puts the well-known part before the issuer's path, OpenID Connect behind it. */
const wellKnownAddresses = (issuer: string): string[] => {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
};

const metadataOf = (document: JsonObject): Metadata => {
  const text = (name: EndpointName) => {
    const value = document[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    authorization_endpoint: text('authorization_endpoint'),
    token_endpoint: text('token_endpoint'),
    revocation_endpoint: text('revocation_endpoint'),
    issParameterSupported: document['authorization_response_iss_parameter_supported'] === true,
  };
};

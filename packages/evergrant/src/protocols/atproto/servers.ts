import { reroute } from '../../egress/origins.ts';
import { EvergrantError } from '../../errors/index.ts';
import { isLoopback } from '../../settings/url.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { createCache } from '../cache.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { type AtprotoApp, type Document, type Network, notFound, reachable, unavailable } from './network.ts';

/** What is used of an authorization server's metadata (RFC 8414 section 2, RFC 9126 section 5). */
export interface AuthorizationServer {
  issuer: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  parEndpoint: string;
  revocationEndpoint: string | null;
}

export interface Servers {
  /**
   * The issuer to which a data server leaves the consent (RFC 9728).
   * @throws EvergrantError `instance_not_found`, `target_not_allowed`, `provider_unavailable`, `provider_timeout`
   */
  issuerOf(app: AtprotoApp, pds: string): Promise<string>;
  /** @throws EvergrantError as `issuerOf`; `instance_unsupported` when it does not do what the profile demands */
  describe(app: AtprotoApp, issuer: string): Promise<AuthorizationServer>;
}

/** The profile wants login flows to see changes within ten minutes. */
const lifetimeMs = 9 * 60_000;

export const createServers = (network: Network, clock: Clock): Servers => {
  const issuers = createCache<string>(clock, lifetimeMs);
  const servers = createCache<AuthorizationServer>(clock, lifetimeMs);
  /** Two providers may reroute differently. */
  const name = (app: AtprotoApp, url: string) => JSON.stringify([app.provider, url]);
  return {
    issuerOf: (app, pds) => issuers(name(app, pds), () => findIssuer(network, app, pds)),
    describe: (app, issuer) => servers(name(app, issuer), () => findServer(network, app, issuer)),
  };
};

const fetchDocument = async (network: Network, app: AtprotoApp, url: string): Promise<Document> => {
  const document = await network.get(app, url).catch((error: unknown) => {
    throw unavailable(app, error);
  });
  const { status } = document;
  if (status < 500 && status !== 429) return document;
  throw new EvergrantError('provider_unavailable', { provider: app.provider, upstream: { status } });
};

/** Operators may have moved a server: both its name and its place are its own. */
const isNamed = (app: AtprotoApp, name: unknown, url: string): boolean =>
  typeof name === 'string' && [url, reroute(url, app.origins)].includes(name.replace(/\/$/, ''));

const findIssuer = async (network: Network, app: AtprotoApp, pds: string): Promise<string> => {
  const { status, json } = await fetchDocument(network, app, `${pds}/.well-known/oauth-protected-resource`);
  const servers =
    status === 200 && isJsonObject(json) && isNamed(app, json['resource'], pds) ? json['authorization_servers'] : null;
  const issuer: unknown = Array.isArray(servers) && servers.length === 1 ? servers[0] : null;
  const url = typeof issuer === 'string' ? URL.parse(issuer) : null;
  if (url && url.origin === String(issuer).replace(/\/$/, '')) return url.origin;
  throw notFound(app, `${new URL(pds).host} is no server of this network, or none that applications can use`);
};

const findServer = async (network: Network, app: AtprotoApp, issuer: string): Promise<AuthorizationServer> => {
  const { status, json } = await fetchDocument(network, app, `${issuer}/.well-known/oauth-authorization-server`);
  const { host } = new URL(issuer);
  if (status !== 200 || !isJsonObject(json) || !isNamed(app, json['issuer'], issuer)) {
    throw notFound(app, `${host} is no authorization server of this network`);
  }
  const endpoint = (member: string): string | null => endpointIn(app, json, member);
  const authorizationEndpoint = endpoint('authorization_endpoint');
  const tokenEndpoint = endpoint('token_endpoint');
  const parEndpoint = endpoint('pushed_authorization_request_endpoint');
  const promises = ['require_pushed_authorization_requests', 'client_id_metadata_document_supported'];
  const isConforming = promises.every((member) => json[member] === true);
  if (!isConforming || !authorizationEndpoint || !tokenEndpoint || !parEndpoint) {
    throw notFound(app, `${host} does not let applications sign people in as this network demands`);
  }
  return {
    issuer,
    authorizationEndpoint,
    tokenEndpoint,
    parEndpoint,
    revocationEndpoint: endpoint('revocation_endpoint'),
  };
};

/** Https, but in a network on loopback. The browser is sent to one of them, where no guard of ours stands. */
const endpointIn = (app: AtprotoApp, metadata: JsonObject, member: string): string | null => {
  const value = metadata[member];
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (!url) return null;
  const target = URL.parse(reroute(url.href, app.origins));
  const isLocal = target && isLoopback(target.hostname) && reachable(app, target.href).has(target.origin);
  return target?.protocol === 'https:' || (target?.protocol === 'http:' && isLocal) ? url.href : null;
};

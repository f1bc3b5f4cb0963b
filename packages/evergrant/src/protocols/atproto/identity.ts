import { TransportError } from '../../egress/types.ts';
import { EvergrantError } from '../../errors/index.ts';
import { isLoopback } from '../../settings/url.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { type AtprotoApp, declaredUrl, type Network, notFound, unavailable } from './network.ts';

/** Whose account it is and which server holds it. */
export interface Identity {
  did: string;
  /** Confirmed by the account; null: it names none. */
  handle: string | null;
  /** Origin of the personal data server. */
  pds: string;
}

/** What a person names: the account, by handle or DID, or only its server. */
export type Named = { kind: 'handle'; handle: string } | { kind: 'did'; did: string } | { kind: 'server'; url: string };

/** The values of a TXT record, each in its pieces; `dns.resolveTxt` fits. */
export type ResolveTxt = (name: string) => Promise<string[][]>;

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** Handles are domain names whose last label does not begin with a digit, so that no IP address is one. */
const handlePattern = new RegExp(`^(?:${label}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`);
/** The two methods that AT Protocol allows, and of `did:web` only whole hosts. */
const didPattern = /^did:(?:plc:[a-z0-9]+|web:[a-z0-9.-]+(?:%3a\d{1,5})?)$/i;

export const isDid = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 253 && didPattern.test(value);

/** Reads what a person typed or pasted: `@` and characters that nobody sees are not meant. Null: it is none of these. */
export const readName = (typed: string): Named | null => {
  const text = typed.replace(/[\p{Cf}\p{Cc}\s]/gu, '').replace(/^at:\/\//i, '');
  if (/^https?:\/\//i.test(text)) {
    const url = URL.parse(text);
    return url && !url.username && !url.password ? { kind: 'server', url: url.origin } : null;
  }
  const handle = text.replace(/^@/, '').toLowerCase();
  if (isDid(text)) return { kind: 'did', did: text };
  return handle.length <= 253 && handlePattern.test(handle) ? { kind: 'handle', handle } : null;
};

/**
 * Finds the account of a handle. Handle and account must name each other: anybody can point a name at somebody else's
 * account, and any account can claim a name.
 *
 * @throws EvergrantError `instance_not_found`, `target_not_allowed`, `provider_unavailable`, `provider_timeout`
 */
export const findByHandle = async (
  network: Network,
  resolveTxt: ResolveTxt,
  app: AtprotoApp,
  handle: string,
): Promise<Identity> => {
  const did = await didOf(network, resolveTxt, app, handle);
  if (did === null) throw notFound(app, `There is no account with the handle ${handle}`);
  const identity = await findByDid(network, app, did);
  if (identity.handle !== handle) {
    throw notFound(app, `The handle ${handle} leads to an account that does not carry it`);
  }
  return identity;
};

/** A resolver that the operator has set is asked alone; else DNS and the host itself, of which DNS wins. */
const didOf = async (
  network: Network,
  resolveTxt: ResolveTxt,
  app: AtprotoApp,
  handle: string,
): Promise<string | null> => {
  const resolver = declaredUrl(app, 'handleResolver');
  if (resolver !== null) return fromResolver(network, app, resolver, handle);
  const [dns, host] = await Promise.allSettled([fromDns(resolveTxt, handle), fromHost(network, app, handle)]);
  if (dns.status === 'fulfilled' && dns.value !== null) return dns.value;
  if (host.status === 'rejected') throw host.reason;
  return host.value;
};

const fromResolver = async (
  network: Network,
  app: AtprotoApp,
  resolver: string,
  handle: string,
): Promise<string | null> => {
  const url = `${resolver}/xrpc/com.atproto.identity.resolveHandle?handle=${handle}`;
  const { status, json } = await network.get(app, url).catch((error: unknown) => {
    throw unavailable(app, error);
  });
  if (status >= 500 || status === 429) {
    throw new EvergrantError('provider_unavailable', { provider: app.provider, upstream: { status } });
  }
  const did = status === 200 && isJsonObject(json) ? json['did'] : null;
  return isDid(did) ? did : null;
};

/** Several answers are as good as none: nobody knows which one is meant. */
const fromDns = async (resolveTxt: ResolveTxt, handle: string): Promise<string | null> => {
  const records = (await resolveTxt(`_atproto.${handle}`)).map((pieces) => pieces.join(''));
  const dids = records.flatMap((record) => /^did=(.+)$/.exec(record.trim())?.[1] ?? []).filter(isDid);
  return dids.length === 1 ? dids[0]! : null;
};

const fromHost = async (network: Network, app: AtprotoApp, handle: string): Promise<string | null> => {
  try {
    const { status, text } = await network.get(app, `https://${handle}/.well-known/atproto-did`);
    const did = text.trim();
    return status === 200 && isDid(did) ? did : null;
  } catch (error) {
    if (error instanceof TransportError) return null;
    throw error;
  }
};

/**
 * Reads the document of a DID: from the directory, or from the host that is its name.
 *
 * @throws EvergrantError as {@link findByHandle}
 */
export const findByDid = async (network: Network, app: AtprotoApp, did: string): Promise<Identity> => {
  const { status, json } = await network.get(app, documentUrl(app, did)).catch((error: unknown) => {
    throw unavailable(app, error);
  });
  if (status >= 500 || status === 429) {
    throw new EvergrantError('provider_unavailable', { provider: app.provider, upstream: { status } });
  }
  if (status !== 200 || !isJsonObject(json) || json['id'] !== did) {
    throw notFound(app, `There is no account ${did}`);
  }
  const pds = serverIn(json, did);
  if (pds === null) throw notFound(app, `The account ${did} names no server that holds it`);
  return { did, handle: handleIn(json), pds };
};

const documentUrl = (app: AtprotoApp, did: string): string => {
  const [, method, name = ''] = did.split(':');
  if (method === 'plc') return `${declaredUrl(app, 'plcUrl')}/${did}`;
  const host = decodeURIComponent(name);
  const scheme = isLoopback(host.replace(/:\d+$/, '')) ? 'http' : 'https';
  return `${scheme}://${host}/.well-known/did.json`;
};

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const handleIn = (document: JsonObject): string | null => {
  const named = listOf(document['alsoKnownAs']).find((name) => typeof name === 'string' && name.startsWith('at://'));
  const handle = typeof named === 'string' ? named.slice('at://'.length).toLowerCase() : '';
  return handlePattern.test(handle) ? handle : null;
};

const serverIn = (document: JsonObject, did: string): string | null => {
  const service = listOf(document['service'])
    .filter(isJsonObject)
    .find(
      ({ id, type }) => type === 'AtprotoPersonalDataServer' && (id === '#atproto_pds' || id === `${did}#atproto_pds`),
    );
  const endpoint = service?.['serviceEndpoint'];
  const url = typeof endpoint === 'string' ? URL.parse(endpoint) : null;
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash;
  return isOrigin && !url.username && !url.password ? url.origin : null;
};

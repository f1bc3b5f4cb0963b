import { fillPlaceholders, originsOf, reroute } from '../egress/origins.ts';
import type { EgressRequest } from '../egress/types.ts';
import { EvergrantError } from '../errors/index.ts';
import { fillTexts, variablesOf } from './placeholders.ts';
import { lowerCaseNames } from './transport.ts';
import type { ApiCredentials, App, Protocol, Signature } from './types.ts';

/** A request to a platform's API as a caller words it. */
export interface ApiRequest {
  method: string;
  /** May hold placeholders, `{accessToken}` among them. */
  url: string;
  /** A definition's own; placeholders are filled. */
  headers?: Record<string, string>;
  /** Of whoever makes the call, with lower-case names; taken as they are. They win over those of the definition. */
  callerHeaders?: Record<string, string>;
  /** The exact bytes of a form, see `UnsignedRequest`. */
  form?: string;
  /** See `UnsignedRequest`. */
  nonce?: string;
}

/** Where the bytes go and with which headers; and the address that was signed, for `Protocol.heard`. */
export interface SignedRequest extends Required<Pick<EgressRequest, 'method' | 'url' | 'headers' | 'trustedOrigins'>> {
  signedUrl: string;
}

/**
 * Signs a request to one of the provider's own hosts, with the parameters and headers that its definition adds.
 * Nothing that a caller sends replaces what the signature puts there.
 *
 * @param credentials null: anybody may ask, and no token goes there
 * @throws EvergrantError `target_not_allowed` where the address is not on a host of the provider
 */
export const signedRequest = async (
  protocol: Protocol,
  app: App,
  credentials: ApiCredentials | null,
  { method, url, headers, callerHeaders, form, nonce }: ApiRequest,
): Promise<SignedRequest> => {
  const { api } = app.definition;
  const variables = credentials
    ? { ...variablesOf(app, { extra: credentials.extra }), accessToken: credentials.accessToken }
    : variablesOf(app);
  const target = new URL(ownUrl(app, url, variables, credentials !== null));
  for (const [name, value] of Object.entries(fillTexts(api.parameters, variables))) {
    target.searchParams.set(name, value);
  }
  const unsigned = { method, url: target.href, ...(form ? { form } : {}), ...(nonce ? { nonce } : {}) };
  const signature: Signature = credentials
    ? await protocol.sign(app, credentials, unsigned)
    : { url: target.href, headers: {} };
  return {
    method,
    url: reroute(signature.url, app.origins),
    signedUrl: signature.url,
    headers: {
      ...lowerCaseNames(fillTexts({ ...api.headers, ...headers }, variables)),
      ...callerHeaders,
      ...signature.headers,
    },
    trustedOrigins: signature.trustedOrigins ?? app.trustedOrigins,
  };
};

/**
 * A POST whose form holds the token (RFC 6750 section 2.2), so that nothing else signs it.
 *
 * @throws EvergrantError `target_not_allowed` where the address is not on a host of the provider
 */
export const formRequest = (
  app: App,
  credentials: ApiCredentials,
  { url, headers, post }: Pick<ApiRequest, 'url' | 'headers'> & { post: Record<string, string> },
): SignedRequest & { body: string } => {
  const variables = { ...variablesOf(app, { extra: credentials.extra }), accessToken: credentials.accessToken };
  const target = ownUrl(app, url, variables, true);
  return {
    method: 'POST',
    url: reroute(target, app.origins),
    signedUrl: target,
    headers: {
      ...lowerCaseNames(fillTexts(headers, variables)),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(fillTexts(post, variables)).toString(),
    trustedOrigins: app.trustedOrigins,
  };
};

/**
 * A token goes to the provider's own hosts only: the address may come from an answer (the next page of a list).
 *
 * @throws EvergrantError `target_not_allowed`
 */
const ownUrl = (app: App, url: string, variables: Record<string, string>, withToken: boolean): string => {
  const filled = fillPlaceholders(escapeOtherBraces(url, variables), variables);
  const origin = URL.parse(filled)?.origin;
  if (!origin || !ownOrigins(app, variables, withToken).has(origin)) {
    throw new EvergrantError('target_not_allowed', {
      provider: app.provider,
      detail: 'The address is not on a host of this provider.',
    });
  }
  return filled;
};

/** Braces without a value of their name belong to the address, as in Graph's field lists: `picture{url}`. */
const escapeOtherBraces = (url: string, variables: Record<string, string>): string =>
  url.replace(/\{([^{}]*)\}/g, (whole, name: string) =>
    Object.hasOwn(variables, name) ? whole : encodeURIComponent(whole),
  );

/** Only scheme and host are filled: the path may hold placeholders that have no value here. */
const ownOrigins = (app: App, variables: Record<string, string>, withToken: boolean): Set<string> => {
  const { api, profile, accounts, scopes, validation } = app.definition;
  const listed = typeof accounts === 'object' ? accounts.get : undefined;
  const own = withToken && profile.public ? undefined : profile.get;
  const declared = [
    ...[api.baseUrl, ...(api.origins ?? [])],
    ...[own, profile.otherwise?.get, listed, scopes.grantedFrom?.get, validation?.get],
  ];
  const bases = declared.map((url) => /^(?:[a-z]+:\/\/)?[^/?#]*/i.exec(url ?? '')?.[0] ?? '');
  const known = bases.filter((base) => escapeOtherBraces(base, variables) === base);
  return originsOf(...known.map((base) => fillPlaceholders(base, variables)), ...Object.values(app.origins));
};

import { EvergrantError } from '../errors/index.ts';
import type {
  AccountFacts,
  AnyDefinition,
  AtprotoProtocol,
  ClientAuthentication,
  OAuth1Protocol,
  ProviderDefinition,
  TokenRequestShape,
} from '../providers/define.ts';
import type { ProviderFixture } from '../providers/fixture.ts';
import { valueAt } from './json.ts';
import { fill, originsOf } from './origins.ts';
import type { Behaviour, Lifetimes, SandboxPlatform } from './types.ts';

/** A kind of request that the token endpoint understands. */
export interface TokenRequest {
  phase: 'exchange' | 'upgrade' | 'refresh';
  url: URL;
  method: 'POST' | 'GET';
  encoding: 'form' | 'json' | 'query';
  /** Null: the platform has no such parameter. */
  grantType: string | null;
  credentialParameter: string;
  credential: 'code' | 'refresh_token' | 'access_token';
  clientAuthentication: ClientAuthentication[];
  omit: string[];
  /** Parameters of the callback that the request must repeat. */
  carry: string[];
}

/** Where an app is registered by request, and what of the request matters. */
export interface Registration {
  url: URL;
  redirectUriParameter: string;
  scopesParameter: string;
  /** Names of the members in the answer. */
  clientId: string;
  clientSecret: string;
}

export interface Revocation {
  url: URL;
  method: 'POST' | 'DELETE' | 'GET';
  tokenParameter: string;
  authentication: ClientAuthentication[] | 'bearer' | 'anonymous';
}

/** A simulated platform: its definition turned round, from what Evergrant sends to what is expected here. */
export interface PlayedPlatform {
  id: string;
  definition: AnyDefinition;
  fixture: ProviderFixture;
  client: { clientId: string; clientSecret: string };
  behaviour: Behaviour;
  origins: string[];
  /** Where granted scopes are asked for. */
  grantedScopes: URL | null;
  answers: { url: URL; answer: unknown }[];
  /** The person whose answers the fixture holds. */
  own: AccountFacts;
}

/** One that speaks OAuth 2.0. */
export interface Platform extends PlayedPlatform {
  definition: ProviderDefinition;
  authorizationEndpoint: URL;
  tokenRequests: TokenRequest[];
  registration: Registration | null;
  revocation: Revocation | null;
}

/** @throws EvergrantError `definition_invalid` when it cannot be played */
export const createPlatform = (source: SandboxPlatform<ProviderDefinition>, lifetimes: Lifetimes): Platform => {
  const { definition } = source;
  const played = createPlayedPlatform(source, lifetimes);
  return {
    ...played,
    definition,
    authorizationEndpoint: new URL(fill(definition.protocol.authorizationEndpoint!, definition)),
    tokenRequests: tokenRequestsOf(definition),
    registration: registrationOf(definition),
    revocation: revocationOf(definition, played.client.clientId),
  };
};

/**
 * What a platform is whatever protocol it speaks.
 * @throws EvergrantError `definition_invalid` when its fixture does not say enough
 */
export const createPlayedPlatform = (source: SandboxPlatform, lifetimes: Lifetimes): PlayedPlatform => {
  const { definition, fixture } = source;
  const client = { clientId: `sandbox-${definition.id}-client`, clientSecret: `sandbox-${definition.id}-secret` };
  const answers = Object.entries(fixture.get).map(([url, answer]) => ({ url: new URL(fill(url, definition)), answer }));
  return {
    id: definition.id,
    definition,
    fixture,
    client,
    behaviour: behaviourOf(source, lifetimes),
    origins: originsOf(source),
    grantedScopes: definition.scopes.grantedFrom ? new URL(fill(definition.scopes.grantedFrom.get, definition)) : null,
    answers,
    own: personOf(source, answers),
  };
};

/** Whether the sandbox can play a provider. */
export const canSimulate = (definition: AnyDefinition): boolean =>
  isPlayableOAuth2(definition) || isPlayableOAuth1(definition) || isPlayableAtproto(definition);

/** OAuth 2.0 with endpoints that are named, and no ID token that must be signed. */
export const isPlayableOAuth2 = (definition: AnyDefinition): definition is ProviderDefinition => {
  const { protocol } = definition;
  const isNamed = protocol.kind === 'oauth2' && Boolean(protocol.authorizationEndpoint && protocol.tokenEndpoint);
  return isNamed && protocol.idToken !== 'verify';
};

export const isPlayableOAuth1 = (definition: AnyDefinition): definition is ProviderDefinition<OAuth1Protocol> =>
  definition.protocol.kind === 'oauth1';

export const isPlayableAtproto = (definition: AnyDefinition): definition is ProviderDefinition<AtprotoProtocol> =>
  definition.protocol.kind === 'atproto';

export const unplayable = ({ id }: AnyDefinition, reason: string): EvergrantError =>
  new EvergrantError('definition_invalid', { provider: id, detail: `“${id}” cannot be simulated: ${reason}.` });

/** Of a token whose fixture tells no life, where documented ones are wanted. */
const usualSeconds = 3600;

const behaviourOf = (
  { definition: { refresh }, fixture: { expected } }: SandboxPlatform,
  { accessToken = 120, refreshToken, code = 60 }: Lifetimes,
): Behaviour => ({
  accessTokenSeconds: accessToken === 'documented' ? (expected.expiresIn ?? usualSeconds) : accessToken,
  refreshTokenSeconds:
    refreshToken === 'documented'
      ? (expected.refreshExpiresIn ?? Object.values(refresh?.lifetime ?? {})[0] ?? null)
      : (refreshToken ?? null),
  codeSeconds: code,
  refreshTokens: true,
  withheldScopes: [],
  rotates: refresh?.rotates ?? 'sometimes',
  reuseRevokes: refresh?.reuseRevokes ?? true,
  graceSeconds: refresh?.graceSeconds ?? 0,
});

const tokenRequestsOf = (definition: ProviderDefinition): TokenRequest[] => {
  const { protocol } = definition;
  const request = (
    phase: TokenRequest['phase'],
    shape: TokenRequestShape,
    defaults: Pick<TokenRequest, 'credential' | 'credentialParameter'> & { grantType: string | null },
  ): TokenRequest => {
    const method = shape.method ?? 'POST';
    const grantType = shape.grantType === undefined ? defaults.grantType : shape.grantType;
    return {
      phase,
      url: new URL(fill(shape.endpoint ?? protocol.tokenEndpoint!, definition)),
      method,
      encoding: method === 'GET' ? 'query' : (shape.encoding ?? 'form'),
      grantType: shape.omit?.includes('grant_type') ? null : grantType,
      credentialParameter: shape.credentialParameter ?? defaults.credentialParameter,
      credential: defaults.credential,
      clientAuthentication: authenticationOf(definition, shape.clientAuthentication),
      omit: shape.omit ?? [],
      carry: [...(protocol.exchange?.carry ?? []), ...(protocol.refreshRequest?.carry ?? [])],
    };
  };
  const renewal = protocol.refreshRequest ?? {};
  const credential = renewal.credential ?? 'refresh_token';
  return [
    request('exchange', protocol.exchange ?? {}, {
      credential: 'code',
      credentialParameter: 'code',
      grantType: 'authorization_code',
    }),
    ...(protocol.upgrade
      ? [
          request('upgrade', protocol.upgrade, {
            credential: 'access_token',
            credentialParameter: 'access_token',
            grantType: null,
          }),
        ]
      : []),
    request('refresh', renewal, { credential, credentialParameter: credential, grantType: 'refresh_token' }),
  ];
};

/** The ways in which our app, which has a secret, may authenticate. */
const authenticationOf = (definition: ProviderDefinition, override?: ClientAuthentication): ClientAuthentication[] => {
  const declared = [override ?? definition.protocol.clientAuthentication ?? 'client_secret_basic'].flat();
  const withSecret = declared.filter((method) => method !== 'none');
  return withSecret.length > 0 ? withSecret : ['none'];
};

const registrationOf = (definition: ProviderDefinition): Registration | null => {
  const { registration } = definition.instance ?? {};
  if (!registration) return null;
  const named = (value: string) =>
    Object.entries(registration.parameters).find(([, filled]) => filled === value)?.[0] ?? '';
  return {
    url: new URL(fill(registration.endpoint, definition)),
    redirectUriParameter: named('{redirectUri}'),
    scopesParameter: named('{scopes}'),
    clientId: registration.clientId ?? 'client_id',
    clientSecret: registration.clientSecret ?? 'client_secret',
  };
};

const revocationOf = (definition: ProviderDefinition, clientId: string): Revocation | null => {
  const { revocation, revocationEndpoint } = definition.protocol;
  const shape = revocation === 'none' ? null : (revocation ?? {});
  const endpoint = shape?.endpoint ?? revocationEndpoint;
  if (!shape || !endpoint) return null;
  const { authentication } = shape;
  const open = authentication === 'bearer' || authentication === 'anonymous';
  return {
    url: new URL(fill(endpoint, definition, { clientId })),
    method: shape.method ?? 'POST',
    tokenParameter: shape.tokenParameter ?? 'token',
    authentication: open ? authentication : authenticationOf(definition, authentication),
  };
};

/** What Evergrant keeps of a token answer. */
const keptFacts = ({ definition: { protocol }, fixture }: SandboxPlatform): Record<string, string> => {
  if (protocol.kind !== 'oauth2') return {};
  const { unwrap = '', keep = {} } = protocol.tokenResponse ?? {};
  const roots = [...[unwrap].flat(), ''].map((place) => valueAt(fixture.exchange.body, place));
  return Object.fromEntries(
    Object.entries(keep).flatMap(([name, path]) => {
      const places = roots.flatMap((root) => [path].flat().map((place) => valueAt(root, place)));
      const value = places.find((found) => typeof found === 'string');
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
};

const personOf = (source: SandboxPlatform, answers: PlayedPlatform['answers']): AccountFacts => {
  const { definition, fixture } = source;
  const { get, map } = definition.profile;
  const answer = findAnswer(answers, new URL(fill(get, definition)))?.answer;
  if (answer === undefined) throw unplayable(definition, 'its fixture holds no answer for the profile request');
  if (typeof map === 'function') return map(answer, keptFacts(source));
  const text = (path: string | null | undefined): string | null => {
    const value = path ? valueAt(answer, path) : null;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  const id = text(map.id) ?? fixture.accounts[0]?.id;
  if (!id) throw unplayable(definition, 'its fixture holds no id of a person');
  return { id, name: text(map.name), username: text(map.username), picture: text(map.picture), url: text(map.url) };
};

/** The accounts of which a person hands over some: where there is a choice at all. */
export const offeredAccounts = ({ definition, fixture, own }: PlayedPlatform) => {
  const accounts = definition.accounts ? fixture.accounts.filter(({ id }) => id !== own.id) : [];
  return accounts.length > 1 ? accounts : [];
};

/** The fixture's answer for a URL: the same path, and of several the one that shares most of the query. */
export const findAnswer = (
  answers: PlayedPlatform['answers'],
  url: URL,
): PlayedPlatform['answers'][number] | undefined => {
  const shared = ({ searchParams }: URL) =>
    [...searchParams].filter(([name, value]) => url.searchParams.get(name) === value).length;
  return answers
    .filter((candidate) => samePlace(candidate.url, url))
    .toSorted((one, other) => shared(other.url) - shared(one.url))[0];
};

/** Whether two URLs differ in their query at most. */
export const samePlace = (one: URL, other: URL): boolean =>
  one.origin === other.origin && one.pathname === other.pathname;

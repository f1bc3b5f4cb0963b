import type { EgressAnswer } from '../egress/types.ts';
import type { EvergrantError } from '../errors/index.ts';
import type { OAuth2Protocol, Phase, ProtocolDefinition, ProviderDefinition } from '../providers/define.ts';
import type { Secret } from '../telemetry/secret.ts';

/** The operator's registration at a provider, with everything that settings say about it. */
export interface App<Kind extends ProtocolDefinition = ProtocolDefinition> {
  provider: string;
  clientId: string;
  clientSecret: Secret | null;
  /** Tried where the first one is refused, while secrets are exchanged at the platform. */
  nextClientSecret?: Secret | null;
  definition: ProviderDefinition<Kind>;
  /** What is asked for unless a caller narrows it: the configured scopes, else the required ones. */
  scopes: string[];
  /** Reroutes: every URL that starts with the key is sent to the value. */
  origins: Record<string, string>;
  /** Origins (scheme, host, port) that the operator's own configuration names; the SSRF guard lets them pass. */
  trustedOrigins: ReadonlySet<string>;
  redirectUri: string;
  /** Values for the placeholders of the definition's URLs: its options, and `instance` where the flow has one. */
  variables: Record<string, string>;
}

/** What settings say about an app. Where one is registered at each instance, its credentials come from there. */
export type AppSettings = Omit<App, 'clientId' | 'clientSecret' | 'nextClientSecret'>;

/** An app whose provider speaks OAuth 2.0. */
export type OAuth2App = App<OAuth2Protocol>;

/** What must be kept between the authorization request and the callback. Sealed at rest. */
export interface FlowSecrets {
  /** RFC 7636 code verifier. */
  verifier?: string;
  /** OpenID Connect nonce, where the ID token is verified. */
  nonce?: string;
  /** What later requests need: parameters of the callback, a proof key (RFC 9449). It stays with the grant. */
  carried?: Record<string, string>;
  /** RFC 5849 temporary credentials. */
  requestToken?: { token: string; secret: string };
}

export interface AuthorizationRequest {
  url: string;
  secrets: FlowSecrets;
  /** By what the callback names its flow, where the protocol has no `state`. */
  handle?: string;
}

/** A token answer as it came over the wire: what the journal keeps, sealed, before anything is parsed. */
export interface RawAnswer {
  status: number;
  /** Only what reading needs: content-type, retry-after, date. */
  headers: Record<string, string>;
  body: string;
  /** What the sender knew or found out and reading needs, none of it secret. It stands in the journal too. */
  facts?: Record<string, string>;
}

/** A token answer, read. Durations in seconds. */
export interface TokenSet {
  accessToken: string;
  refreshToken: string | null;
  tokenType: 'bearer' | 'oauth1' | 'dpop';
  /** Null: the token has no end that the platform tells. */
  expiresIn: number | null;
  refreshExpiresIn: number | null;
  /** Null: the platform reported nothing. */
  scopes: string[] | null;
  /** Facts of the answer that the definition keeps. */
  extra: Record<string, string>;
  /** `sub` of a verified ID token. */
  subject: string | null;
}

/** What a token answer says about the credential that was presented. */
export type Verdict =
  | { kind: 'tokens'; tokens: TokenSet }
  /** The credential is definitively refused (`invalid_grant` and its dialects). */
  | { kind: 'rejected'; error: EvergrantError }
  /** The platform did not act on it: rate limit, 503, refused before processing. */
  | { kind: 'not_processed'; error: EvergrantError }
  /** The operator's credentials or settings are at fault. */
  | { kind: 'misconfigured'; error: EvergrantError }
  /** The platform may or may not have acted on it. */
  | { kind: 'ambiguous'; error: EvergrantError };

export interface ExchangeInput {
  /** The query or form of the callback. */
  parameters: URLSearchParams;
  /** The state that this flow sent. */
  state: string;
  secrets: FlowSecrets;
  redirectUri: string;
}

/** What a request to the platform's API is signed with: the token, and what the grant keeps beside it. */
export interface ApiCredentials {
  accessToken: string;
  /** May hold secrets: a token secret (RFC 5849), a proof key (RFC 9449). */
  extra: Record<string, string>;
}

/** A request to be signed. Its address is the definition's own: `origins` apply after the signature. */
export interface UnsignedRequest {
  method: string;
  url: string;
  /** The exact bytes, where the signature covers them (a form, RFC 5849 section 3.4.1.3.1). */
  form?: string;
  /** The nonce that the server wants in the proof, in place of the last one that was heard here (RFC 9449 section 9). */
  nonce?: string;
}

export interface Signature {
  /** The address, with the credential where the platform reads it there. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** Where it may go, if that is not for the settings alone to say: the host was found for the account. */
  trustedOrigins?: ReadonlySet<string>;
}

/** The credential to renew with. */
export interface RenewInput {
  refreshToken: string | null;
  accessToken: string;
  scopes: string[];
  extra: Record<string, string>;
}

/**
 * How to speak to one kind of authorization server. Sending and reading are two steps, so that the raw answer
 * can be made durable in between.
 */
export interface Protocol<Kind extends ProtocolDefinition = ProtocolDefinition> {
  /** Builds the authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3). */
  authorize(
    app: App<Kind>,
    input: { state: string; scopes: string[]; redirectUri: string; reconnect: boolean; instance: string | null },
  ): Promise<AuthorizationRequest>;
  /** What a callback says as {@link AuthorizationRequest.handle}; absent: its `state`. */
  handleOf?(app: App<Kind>, parameters: URLSearchParams): string | null;
  /**
   * Checks the authorization response (RFC 6749 section 4.1.2, RFC 9207, RFC 5849 section 2.2).
   * @throws EvergrantError `consent_denied`, `callback_malformed`, `issuer_mismatch` …: nothing was sent
   */
  checkCallback(app: App<Kind>, input: ExchangeInput): Promise<void>;
  /** Parameters of the callback that later requests repeat, where the platform wants that. */
  carry(app: App<Kind>, parameters: URLSearchParams): Record<string, string>;
  /** Sends the code. @throws TransportError when no whole answer came */
  sendExchange(app: App<Kind>, input: ExchangeInput): Promise<RawAnswer>;
  /** Sends the second token request that some platforms need; null where there is none. */
  sendUpgrade(app: App<Kind>, tokens: TokenSet): Promise<RawAnswer | null>;
  /** Sends a renewal. `beforeSend` is called when everything is ready and must throw to prevent the request. */
  sendRenewal(app: App<Kind>, input: RenewInput, beforeSend: () => void): Promise<RawAnswer>;
  /** Reads what an answer means. Never throws for what a platform sent. */
  read(
    app: App<Kind>,
    phase: Extract<Phase, 'exchange' | 'refresh'>,
    answer: RawAnswer,
    expect?: { nonce?: string; state?: string; requestedScopes?: string[] },
  ): Promise<Verdict>;
  /** Revokes in the platform's way (RFC 7009). @throws EvergrantError when it is not confirmed and a retry may help */
  revoke(
    app: App<Kind>,
    credentials: { accessToken: string | null; refreshToken: string | null; extra: Record<string, string> },
  ): Promise<'revoked' | 'unsupported'>;
  /** Signs a request to the platform's API (RFC 6750 section 2, RFC 5849 section 3, RFC 9449 section 7). */
  sign(app: App<Kind>, credentials: ApiCredentials, request: UnsignedRequest): Promise<Signature>;
  /**
   * Learns from an answer of the API what the next signature needs.
   *
   * @param url the signed address
   * @returns whether the request must be signed anew and sent once more: a nonce was missing (RFC 9449 section 9)
   */
  heard?(app: App<Kind>, url: string, answer: Pick<EgressAnswer, 'status' | 'headers'>): boolean;
  /** What this client publishes below its redirect URI for authorization servers to read, by file name. */
  documents?(app: App<Kind>): Promise<Record<string, unknown>>;
}

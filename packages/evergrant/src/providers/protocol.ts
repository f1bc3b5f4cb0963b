import type { ErrorShape, Path } from './dialect.ts';

/** How a request to the token endpoint is shaped. */
export interface TokenRequestShape {
  /** Default: the protocol's `tokenEndpoint`. */
  endpoint?: string;
  /** Default `POST`. `GET` puts every parameter into the query. */
  method?: 'POST' | 'GET';
  /** Default `form`. */
  encoding?: 'form' | 'json' | 'query';
  /** Default: `authorization_code` or `refresh_token`. */
  grantType?: string | null;
  /** Which parameter carries the credential; default `code` or `refresh_token`. */
  credentialParameter?: string;
  /** Which credential is sent at renewal; default `refresh_token`. `access_token`: the token renews itself. */
  credential?: 'refresh_token' | 'access_token';
  /** Fixed parameters. */
  parameters?: Record<string, string>;
  /** Parameters of RFC 6749 that the platform does not want. */
  omit?: string[];
  /** Default: the protocol's `clientAuthentication`. */
  clientAuthentication?: ClientAuthentication;
  /** Callback parameters to repeat in the request (VK's `device_id`). Kept sealed with the grant and sent at every renewal too. */
  carry?: string[];
}

/** Reading a token answer that is not RFC 6749. Each member switches one tolerance on. */
export interface TokenResponseShape {
  /** Where the token object lies, tried in order, e.g. `['data.0', 'data']`; '' is the body itself. */
  unwrap?: Path | Path[];
  /** The type to assume when none or an undeclared one is sent. */
  tokenType?: 'Bearer';
  /** Other names of the standard members: `{ access_token: 'token', scope: 'permissions' }`. */
  rename?: Partial<Record<'access_token' | 'refresh_token' | 'expires_in' | 'scope' | 'token_type', Path>>;
  /** `null`, empty, negative or unreadable `expires_in` counts as absent. */
  lenientExpiry?: boolean;
  /** `null` or empty `refresh_token` counts as absent. */
  lenientRefreshToken?: boolean;
  /** `null` scope counts as absent. */
  lenientScope?: boolean;
  /** A JSON array of scopes is read too (Twitch, Medium; Instagram sends either shape). */
  scopeList?: boolean;
  /** An absolute end instead of `expires_in`. `s-or-ms`: above 10^11 it is milliseconds (Medium documents neither). */
  expiresAt?: { path: Path; unit: 's' | 'ms' | 's-or-ms' };
  /** Where the answer repeats the state of the flow. At the exchange another one is refused; none counts as silence (VK). */
  state?: Path;
  /** Seconds that the refresh token lives, e.g. `refresh_token_expires_in`. */
  refreshExpiresIn?: Path;
  /** Accept `application/x-www-form-urlencoded` answers. */
  form?: boolean;
  /** Accept 201 as success. */
  created?: boolean;
  /** 2xx answers with an `error` member (or `ErrorShape.under200`) and no token are errors. */
  errorsUnder200?: boolean;
  /** Life of the access token in seconds when the answer gives none; absent: the token never ends. */
  defaultExpiresIn?: number;
  /**
   * Facts of the answer to keep (sealed) with the grant: `{ site: 'blog_url' }` becomes `{extra.site}`. Of several paths
   * the first that holds a text or a number counts.
   */
  keep?: Record<string, Path | Path[]>;
}

export type ClientAuthentication =
  | 'client_secret_basic'
  | 'client_secret_post'
  /** Basic without the form-encoding of RFC 6749 section 2.3.1, for servers that do not undo it. */
  | 'client_secret_basic_raw'
  /** A public client: the id in the body, no secret. */
  | 'none';

export interface OAuth2Protocol {
  kind: 'oauth2';
  /** Endpoints left out are discovered from it (RFC 8414, OpenID Connect Discovery). Also the `iss` that callbacks and ID tokens must name. */
  issuer?: string;
  authorizationEndpoint?: string;
  tokenEndpoint?: string;
  revocationEndpoint?: string;
  /** Default `client_secret_basic` with a secret, `none` without. A list: the first that fits the app (a secret or none). */
  clientAuthentication?: ClientAuthentication | ClientAuthentication[];
  /** Names of the client parameters where they are not the standard ones (TikTok's `client_key`). */
  clientIdParameter?: string;
  clientSecretParameter?: string;
  /** The client id's name in the authorization request, where it differs from the token request (TikTok Business). */
  authorizationClientIdParameter?: string;
  /** Default `S256`. `none` only where the platform refuses a verifier. `S256-hex`: challenge as hex (TikTok desktop). */
  pkce?: 'S256' | 'S256-hex' | 'none';
  /** Extra parameters of the authorization request. Those that the protocol itself sets are refused. */
  authorizationParameters?: Record<string, string>;
  /** Added only when an account is reconnected (Facebook's `auth_type=rerequest`). */
  reconnectParameters?: Record<string, string>;
  /**
   * A refusal comes without the `state` that RFC 6749 section 4.1.2.1 demands (Medium). It ends the flow that the browser
   * has under way at the platform, if there is exactly one; elsewhere such an answer belongs to none.
   */
  refusesWithoutState?: boolean;
  /** The callback's `state` limit of the platform, for the contract test. */
  stateMaxLength?: number;
  exchange?: TokenRequestShape;
  /** A second token request right after the exchange (Meta's long-lived tokens), before anything else is read. */
  upgrade?: TokenRequestShape;
  refreshRequest?: TokenRequestShape;
  /**
   * Trades a token without an end, and without a refresh token, for a pair that is renewed from then on: for platforms whose
   * apps may switch rotation on later (Slack). Done where the operator says so: the named option is `on`.
   */
  migration?: { option: string; request: TokenRequestShape };
  tokenResponse?: TokenResponseShape;
  errors?: ErrorShape;
  /** Headers of every token request. */
  headers?: Record<string, string>;
  /** How a token is revoked; default RFC 7009 at `revocationEndpoint`. `none`: the platform offers nothing. */
  revocation?: RevocationShape | 'none';
  /** With an ID token: `openid` must be among the scopes; checked at the first connect only. */
  idToken?: 'ignore' | 'verify';
}

/**
 * OAuth 1.0a (RFC 5849): temporary credentials, consent, token credentials; every request is signed. Scopes are a
 * setting of the app, tokens have no end and no renewal, and there is no `state`: the flow is found by the request token.
 */
export interface OAuth1Protocol {
  kind: 'oauth1';
  /** RFC 5849 section 2.1. */
  requestTokenEndpoint: string;
  /** RFC 5849 section 2.2. */
  authorizationEndpoint: string;
  /** RFC 5849 section 2.3. */
  accessTokenEndpoint: string;
  revocationEndpoint?: string;
  /** Default `HMAC-SHA1`, the only one that platforms of this kind share. */
  signatureMethod?: 'HMAC-SHA1';
  authorizationParameters?: Record<string, string>;
  /** The callback's parameter of a refusal; X sends `denied` with the request token. */
  deniedParameter?: string;
  /** A callback without a verifier is a refusal (Tumblr). Default: it is malformed. */
  refusesWithoutVerifier?: boolean;
  /** Where the access token request carries `oauth_verifier`. Default: in the header, as RFC 5849 section 2.3 has it. */
  verifierIn?: 'header' | 'body';
  /** Facts of the answer to keep, as in {@link TokenResponseShape.keep}. */
  keep?: Record<string, string>;
  /** Headers of every request for credentials, and of the revocation. */
  headers?: Record<string, string>;
  errors?: ErrorShape;
}

/** AT Protocol: OAuth 2.1 with PAR and DPoP at an authorization server that is found from a handle. Nothing is registered. */
export interface AtprotoProtocol {
  kind: 'atproto';
  /** Resolves `did:plc:…`, e.g. `https://plc.directory`. */
  plcUrl: string;
  /** Resolves handles where DNS and `/.well-known/atproto-did` cannot be asked. */
  handleResolver?: string;
  errors?: ErrorShape;
}

/** How a provider is spoken to; `kind` chooses the implementation in `protocols/`. */
export type ProtocolDefinition = OAuth2Protocol | OAuth1Protocol | AtprotoProtocol;

export interface RevocationShape {
  endpoint?: string;
  method?: 'POST' | 'DELETE' | 'GET';
  encoding?: 'form' | 'json' | 'query' | 'none';
  /** Which token ends the grant. Default: the refresh token, then the access token. */
  tokens?: ('refresh_token' | 'access_token')[];
  /** Kept facts that are further tokens to revoke (Slack's token of the person beside the bot's). */
  keptTokens?: string[];
  tokenParameter?: string;
  /** RFC 7009 section 2.1. Default: sent. */
  typeHint?: boolean;
  /** Its name where it is not `token_type_hint` (Kick). */
  typeHintParameter?: string;
  /** Default: as at the token endpoint. `bearer`: the token itself authorizes the request. `anonymous`: no client is named. */
  authentication?: ClientAuthentication | 'bearer' | 'anonymous';
  parameters?: Record<string, string>;
}

/** OAuth 2.0 (RFC 6749) with PKCE (RFC 7636) unless the definition says otherwise. */
export const oauth2 = (protocol: Omit<OAuth2Protocol, 'kind'>): OAuth2Protocol => ({ kind: 'oauth2', ...protocol });

/** OAuth 1.0a (RFC 5849). */
export const oauth1 = (protocol: Omit<OAuth1Protocol, 'kind'>): OAuth1Protocol => ({ kind: 'oauth1', ...protocol });

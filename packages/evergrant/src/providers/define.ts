import type { Account, AccountList, IdentifyContext, Profile } from './accounts.ts';
import type { ErrorRule, Path } from './dialect.ts';
import type { OAuth2Protocol, ProtocolDefinition } from './protocol.ts';

export type * from './accounts.ts';
export type * from './dialect.ts';
export * from './protocol.ts';

/*
 * The contract of a provider: plain data wherever possible, a few pure hooks where data cannot say it.
 * Everything is strict unless the definition declares otherwise; nothing is guessed across providers.
 *
 * URLs, header values and fixed parameters may hold placeholders: `{name}` is replaced by the option of that name
 * (`options`), `{clientId}` by the app's client id (Twitch's `Client-Id` header, GitHub's revocation URL),
 * `{instance}` by the flow's instance, and `{extra.site}` by a fact kept from the token answer.
 */

/** A scope and what it lets the application do, in words for people. */
export interface ScopeFacts {
  permits?: string;
  /** A granted scope that satisfies these too. */
  implies?: string[];
  /** Other spellings under which the platform reports it. */
  aliases?: string[];
}

export interface Scopes {
  required: string[];
  optional?: string[];
  /** Between scopes in the authorization request. Default: a space. */
  separator?: string;
  /** Parameter name; default `scope`. */
  parameter?: string;
  /** How reported scopes are split; default `space`. */
  reported?: 'space' | 'comma' | 'space-or-comma';
  facts?: Record<string, ScopeFacts>;
  /**
   * An endpoint that reports the granted scopes, where the token answer does not. `scope` lies inside an item; '' is the
   * item itself. `{accessToken}` is the token to look at, for platforms that want it in the query (Threads).
   */
  grantedFrom?: {
    get: string;
    items: Path;
    scope: Path;
    where?: Record<Path, string>;
    /** The endpoint may refuse for good; that counts as nothing reported (Threads shows some tokens to testers alone). */
    optional?: boolean;
  };
}

export interface Refresh {
  /** Whether renewal gives a new refresh token. Unknown: `sometimes`, the safest reading. */
  rotates?: 'always' | 'never' | 'sometimes';
  /** Presenting a used refresh token kills the grant. Default true. */
  reuseRevokes?: boolean;
  /** Seconds for which a used refresh token still works. Default 0. */
  graceSeconds?: number;
  /** Not before this age of the access token (Threads: a day). */
  minimumAgeSeconds?: number;
  /** Life of a refresh token: fixed from the first consent, or sliding with each renewal. */
  lifetime?: { fixed: number } | { sliding: number };
  /** Seconds after which an unused grant dies. */
  idleLimitSeconds?: number;
  /**
   * An exchange without a refresh token is a failed connect: the platform gives one to whoever asks for it rightly, and
   * without it access would end with the token (Google).
   */
  required?: boolean;
  /** Whether the platform has any renewal. Default true. */
  supported?: boolean;
  /**
   * `eager` (default): every grant is kept fresh. `lazy`: renewed when a token is read, and in time to stay alive.
   * `auto`: eager while tokens were read within the last day, or where a lapse could not be mended; else lazy.
   */
  policy?: 'eager' | 'auto' | 'lazy';
  /** What the token endpoint takes from one app, over all nodes. Default: 128 at a time, no rate. */
  limits?: { concurrency?: number; perSecond?: number };
}

export interface Api {
  baseUrl: string;
  headers?: Record<string, string>;
  /** Default `bearer`. */
  authentication?: 'bearer' | { header: string; prefix?: string } | { query: string };
  /** Further origins that signed calls may go to. */
  origins?: string[];
  /** Query parameters of every call (VK's `v`). */
  parameters?: Record<string, string>;
  /** When a rate limit ends, where the platform does not send `Retry-After`. */
  rateLimitReset?: RateLimitReset;
}

/**
 * A header with the end of a rate limit: seconds from now, seconds since the epoch, or an ISO 8601 date. A function
 * reads it from lower-case headers where it is none of these; it gives seconds from now, null for "not told".
 */
export type RateLimitReset =
  | { header: string; unit: 'seconds' | 'unix-seconds' | 'iso-date' }
  | ((headers: Readonly<Record<string, string>>) => number | null);

/** A platform's rule that whoever keeps tokens asks it again and again whether they live (Twitch). */
export interface Validation {
  /** What 2xx and JSON answer to a token that lives. */
  get: string;
  /** The longest time between two of them. */
  everySeconds: number;
  /** Default: as for the API. */
  authentication?: Api['authentication'];
}

export interface Setup {
  /** Where the operator registers an app. */
  console: string;
  steps: string[];
  /** What must be known about the redirect URI at this platform. */
  redirectUri?: string;
  review?: string;
}

/** When and where the facts of a definition were read, and what nobody could confirm. */
export interface Facts {
  date: string;
  /**
   * `high`: official documentation or the server's source says everything that a connection lives by. `medium`: what some
   * errors look like, or how a token ends, is known from others' code or one source alone. `low`: much of it is.
   */
  confidence?: 'high' | 'medium' | 'low';
  sources: string[];
  unconfirmed?: string[];
}

/** `Kind` narrows the protocol; without it a definition is one of OAuth 2.0. */
export interface ProviderDefinition<Kind extends ProtocolDefinition = OAuth2Protocol> {
  id: string;
  name: string;
  protocol: Kind;
  scopes: Scopes;
  refresh?: Refresh;
  profile: Profile;
  /** The accounts to choose from; absent: the profile itself is the account. */
  accounts?: AccountList | ((context: IdentifyContext) => Promise<Account[]>);
  api: Api;
  /**
   * Kept facts that an application gets with the token, by the name they have there (the address of a webhook that came with
   * the login). They are secrets like the token.
   */
  handsOut?: Record<string, string>;
  handleErrors?: ErrorRule[];
  /** Calls at the same time, over all nodes and connections of one app. Default: unlimited. */
  maxConcurrentJob?: number;
  /** A refresh token works once (true), or for ever (false): another word for `refresh.rotates`, `always` or `never`. */
  oneTimeToken?: boolean;
  /** Seconds until a fresh token is usable at the platform: until then nobody gets it. Default 0, at most 60. */
  refreshWait?: number;
  validation?: Validation;
  /** What one revocation ends: only that token, or everything of the person and app (Google, Discord, Meta). Default `person`, which is safe. */
  revocationEnds?: 'token' | 'person';
  /**
   * What a new consent ends of what the same person granted this app before, also through another provider that uses it:
   * everything that was granted with other scopes (LinkedIn), or the oldest beyond a number (GitHub: the 11th of the same
   * scopes, Google: the 101st). Default: nothing.
   */
  consentEnds?: 'other-scopes' | { beyond: number; ofSameScopes?: boolean };
  /** Values for placeholders in URLs; settings may override them. */
  options?: Record<string, string>;
  /** Whether the flow needs the host of an instance (Mastodon) from the person, and how an app is registered there. */
  instance?: {
    label: string;
    placeholder: string;
    registration?: InstanceRegistration;
    /** It names the account itself, so that a reconnect can name it by its id. */
    isAccount?: boolean;
  };
  setup?: Setup;
  facts?: Facts;
}

/** Registration of an app at each instance, once for each redirect URI and scope set (Mastodon). */
export interface InstanceRegistration {
  endpoint: string;
  /** Default `form`. */
  encoding?: 'form' | 'json';
  /** `{redirectUri}`, `{scopes}` (separated as in the authorization request) and `{publicUrl}` are filled in. */
  parameters: Record<string, string>;
  /** Where the answer keeps them. Default `client_id`, `client_secret`. */
  clientId?: Path;
  clientSecret?: Path;
}

/** A definition from settings: the id is its key there, and a built-in one may be overridden in part. */
export type PartialDefinition = {
  [Key in keyof ProviderDefinition]?: ProviderDefinition[Key] extends object | undefined
    ? Partial<ProviderDefinition[Key]>
    : ProviderDefinition[Key];
};

/** A definition of any protocol. */
export type AnyDefinition = ProviderDefinition<ProtocolDefinition>;

/**
 * Declares a provider. Returns its argument; the type does the work.
 *
 * @example
 * export default defineProvider({ id: 'acme', name: 'Acme', protocol: oauth2({ issuer: 'https://id.acme.example' }), … });
 */
export const defineProvider = <Kind extends ProtocolDefinition>(
  definition: ProviderDefinition<Kind>,
): ProviderDefinition<Kind> => definition;

/**
 * Whether the platform has any renewal. What is true of the platform may be false of a grant: one without a refresh token
 * is not renewed either. OAuth 1.0a knows none.
 */
export const hasRenewal = ({ protocol, refresh }: Pick<AnyDefinition, 'protocol' | 'refresh'>): boolean =>
  protocol.kind !== 'oauth1' && refresh?.supported !== false;

/** Seconds in so many days. */
export const days = (count: number): number => count * 86_400;

import type { Path } from './dialect.ts';

/* Whose token it is, and which accounts it reaches. */

/** What an account looks like to an application. */
export interface AccountFacts {
  id: string;
  type?: AccountType;
  name?: string | null;
  username?: string | null;
  picture?: string | null;
  url?: string | null;
}

export type AccountType =
  | 'profile'
  | 'page'
  | 'organization'
  | 'channel'
  | 'location'
  | 'blog'
  | 'site'
  | 'workspace'
  | 'guild';

/** An account that a grant reaches, with its own token where the platform gives one. */
export interface Account extends AccountFacts {
  token?: string;
  /** Seconds from now; absent: no end. */
  tokenExpiresIn?: number;
  /** Why it may be seen but not chosen, in words for people. */
  unavailable?: string;
}

/**
 * Maps an answer to account facts: dotted paths (`null` where the platform has no such fact), or a function, which also
 * gets what was kept of the token answer (`tokenResponse.keep`): some platforms tell the id only there.
 */
export type AccountMap =
  | { id: Path; name?: Path | null; username?: Path | null; picture?: Path | null; url?: Path | null }
  // biome-ignore lint/suspicious/noExplicitAny: a platform's answer has no static type; the result is checked
  | ((answer: any, extra: Readonly<Record<string, string>>) => AccountFacts);

export interface Profile {
  get: string;
  /**
   * Makes the request a POST with these form parameters, for platforms that take no GET; `{clientId}` and `{accessToken}`
   * are filled in, and the token stands nowhere else.
   */
  post?: Record<string, string>;
  headers?: Record<string, string>;
  map: AccountMap;
  type?: AccountType;
  /** Further placeholders of `get` that depend on what was granted (TikTok refuses a field outside the scopes). */
  variables?: (grantedScopes: readonly string[] | null) => Record<string, string>;
  /**
   * Who it is where `get` cannot be asked: the platform refuses it with this code for want of a scope, or of such a profile
   * (then perhaps our own code, as a rule names it), or a fact that the URL needs (`{extra.…}`) is not there, as with an
   * imported token. Without a code it is enough that the platform refuses for good, though not for the token's sake (no
   * credits left); where the profile is public, any fault. Without a `get` of its own the map reads the kept facts.
   */
  otherwise?: { code?: string; get?: string; map: AccountMap; type?: AccountType };
  /** Anybody may ask: no token goes there, which may be another host than the one that gave it. */
  public?: boolean;
  /**
   * Read again after so many seconds, with the accounts: addresses of pictures end at some platforms (Meta, TikTok). Default:
   * when a picture is asked for that is gone.
   */
  rereadSeconds?: number;
  /** Errors to repeat for a moment after the exchange (LinkedIn's 65601): rule and pauses in milliseconds. */
  retry?: { code: string; pausesMs: number[] };
}

/** A list of accounts to choose from, as data. */
export interface AccountList {
  get: string;
  headers?: Record<string, string>;
  /** Where the list lies; a missing list is an empty one. */
  items: Path;
  map: AccountMap;
  type: AccountType;
  /** The account's own token. */
  token?: Path;
  /** An absolute URL of the next page. */
  next?: Path;
  /** Said when the list is empty: why, and what the person can do. */
  emptyHint?: string;
  /** Items that are no account at all, and are not shown. */
  // biome-ignore lint/suspicious/noExplicitAny: a platform's answer has no static type
  skip?: (item: any) => boolean;
  /** Accounts that cannot be chosen, with the reason. */
  // biome-ignore lint/suspicious/noExplicitAny: a platform's answer has no static type
  unavailable?: (item: any) => string | undefined;
}

/** What an accounts hook gets: signed GET requests of this grant, and the facts known so far. */
export interface IdentifyContext {
  getJson: (url: string, headers?: Record<string, string>) => Promise<unknown>;
  profile: AccountFacts;
  /** Null: the platform reported nothing. */
  grantedScopes: readonly string[] | null;
  extra: Record<string, string>;
  instance: string | null;
}

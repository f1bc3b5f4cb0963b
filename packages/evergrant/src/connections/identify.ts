import { fillPlaceholders } from '../egress/origins.ts';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import { canonicalScopes } from '../grants/scopes.ts';
import type { GetJson } from '../protocols/get-json.ts';
import { readPath } from '../protocols/json-path.ts';
import type { App } from '../protocols/types.ts';
import type { Account, AccountFacts, AccountList, AnyDefinition, IdentifyContext } from '../providers/define.ts';
import { checkedFacts, mapAccount } from './account-facts.ts';

/** Whose token it is and what it reaches. */
export interface Identity {
  /** Who consented. */
  person: AccountFacts;
  /** What can be connected; one entry where the profile itself is the account. */
  accounts: Account[];
  /** Under the definition's names; null: the platform reported nothing. */
  grantedScopes: string[] | null;
}

/** What of a token answer identification works with. */
export interface IdentifiableTokens {
  accessToken: string;
  scopes: string[] | null;
  extra: Record<string, string>;
}

/** A list longer than so many pages is not followed further. */
const mostPages = 50;

/**
 * Asks the platform who consented, what was granted where the token answer does not say, and which accounts there are.
 *
 * @param pause waits so many milliseconds; for platforms that need a moment after the exchange
 * @throws EvergrantError of the failed call; `account_type_unsupported` when there is nothing to connect;
 *   `provider_bad_response` when the answer has no id
 */
export const identify = async (
  getJson: GetJson,
  app: App,
  tokens: IdentifiableTokens,
  pause: (milliseconds: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<Identity> => {
  const { definition } = app;
  const get: Get = (url, headers, { more = {}, post } = {}) =>
    getJson(app, tokens, filled(app, tokens, url, more), headers, post);
  const reported = await grantedScopes(definition, tokens, get);
  const { profile } = definition;
  const more = profile.variables?.(reported) ?? {};
  const how = { more, post: profile.post };
  const request = () =>
    profile.public
      ? getJson(app, null, filled(app, tokens, profile.get, more), profile.headers)
      : get(profile.get, profile.headers, how);
  const person = await whoConsented(definition, tokens, () => patiently(definition, pause, request), get);
  const accounts = await findAccounts(app, tokens, person, reported, get);
  return { person, accounts, grantedScopes: reported };
};

type Get = (
  url: string,
  headers?: Record<string, string>,
  how?: { more?: Record<string, string>; post?: Record<string, string> },
) => Promise<unknown>;

const filled = (app: App, tokens: IdentifiableTokens, url: string, more: Record<string, string>): string => {
  if (!url.includes('{')) return url;
  const extra = Object.fromEntries(Object.entries(tokens.extra).map(([name, value]) => [`extra.${name}`, value]));
  const secret: Record<string, string> = url.includes('{accessToken}') ? { accessToken: tokens.accessToken } : {};
  return fillPlaceholders(url, { clientId: app.clientId, ...app.variables, ...extra, ...secret, ...more });
};

const grantedScopes = async (
  definition: AnyDefinition,
  tokens: IdentifiableTokens,
  get: Get,
): Promise<string[] | null> => {
  const source = definition.scopes.grantedFrom;
  if (!source) return tokens.scopes === null ? null : canonicalScopes(definition, tokens.scopes);
  const answer = source.optional ? await unlessRefused(get(source.get)) : await get(source.get);
  const items = readPath(answer, source.items);
  if (!Array.isArray(items)) return null;
  const wanted = Object.entries(source.where ?? {});
  return canonicalScopes(
    definition,
    items
      .filter((item) => wanted.every(([path, value]) => readPath(item, path) === value))
      .map((item) => readPath(item, source.scope))
      .filter((scope) => typeof scope === 'string'),
  );
};

/** Undefined where the platform refuses for good; what may pass by itself is thrown on. */
const unlessRefused = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (isEvergrantError(error) && !error.retryable) return undefined;
    throw error;
  }
};

/** Asks for the profile; where that cannot be asked, in the definition's other way. */
const whoConsented = async (
  definition: AnyDefinition,
  { extra }: IdentifiableTokens,
  ask: () => Promise<unknown>,
  get: Get,
): Promise<AccountFacts> => {
  const { get: url, map, otherwise, type = 'profile' } = definition.profile;
  let refusal: unknown;
  const isUnfilled = [...url.matchAll(/\{extra\.(\w+)\}/g)].some(([, name]) => !extra[name!]);
  if (!otherwise || !isUnfilled) {
    try {
      return { type, ...mapAccount(definition, map, await ask(), extra) };
    } catch (error) {
      if (!otherwise || !isEvergrantError(error) || !isPassedOver(definition.profile, error)) throw error;
      refusal = error;
    }
  }
  const asked = otherwise.get ? get(otherwise.get) : Promise.resolve(extra);
  const answer = refusal === undefined ? await asked : await unlessRefused(asked);
  // What refuses both is told in the words of the first.
  if (answer === undefined) throw refusal;
  return { type: otherwise.type ?? type, ...mapAccount(definition, otherwise.map, answer, extra) };
};

const isPassedOver = (profile: AnyDefinition['profile'], error: EvergrantError): boolean => {
  const { extensions = {}, retryable } = error;
  const code = profile.otherwise?.code;
  // A public profile says nothing about the token: who it is was known before.
  if (profile.public && code === undefined) return true;
  if (code !== undefined) return code === error.code || code === extensions['code'];
  return !retryable && extensions['class'] !== 'reconnect' && extensions['class'] !== 'refresh-token';
};

/** Repeats the first call for a moment where the platform is known to refuse a brand-new token. */
const patiently = async <T>(
  definition: AnyDefinition,
  pause: (milliseconds: number) => Promise<void>,
  call: () => Promise<T>,
): Promise<T> => {
  const retry = definition.profile.retry;
  for (const milliseconds of retry?.pausesMs ?? []) {
    try {
      return await call();
    } catch (error) {
      if (!isEvergrantError(error) || error.extensions?.code !== retry?.code) throw error;
      await pause(milliseconds);
    }
  }
  return call();
};

const findAccounts = async (
  app: App,
  tokens: IdentifiableTokens,
  person: AccountFacts,
  reported: readonly string[] | null,
  get: Get,
): Promise<Account[]> => {
  const { definition } = app;
  const source = definition.accounts;
  if (!source) return [person];
  const accounts =
    typeof source === 'function'
      ? await askHook(definition, source, {
          getJson: (url, headers) => get(url, headers),
          profile: person,
          grantedScopes: reported,
          extra: tokens.extra,
          instance: app.variables['instance'] ?? null,
        })
      : await listAccounts(definition, source, tokens.extra, get);
  if (accounts.some((account) => account.unavailable === undefined)) return accounts;
  const hint = typeof source === 'function' ? undefined : source.emptyHint;
  throw new EvergrantError('account_type_unsupported', {
    provider: definition.id,
    detail: accounts[0]?.unavailable ?? hint,
  });
};

type AccountsHook = Extract<AnyDefinition['accounts'], (...parameters: never[]) => unknown>;

/**
 * A hook hands on what a platform answered: it is checked like everything else that comes from there. What a hook throws
 * passes as it is, for whoever mends the definition must find it in the log.
 */
const askHook = async (definition: AnyDefinition, hook: AccountsHook, context: IdentifyContext): Promise<Account[]> =>
  (await hook(context)).map((account) => ({ ...account, ...checkedFacts(definition, account) }));

const listAccounts = async (
  definition: AnyDefinition,
  source: AccountList,
  extra: Record<string, string>,
  get: Get,
): Promise<Account[]> => {
  const accounts = new Map<string, Account>();
  let url: string | undefined = source.get;
  for (let page = 0; url !== undefined && page < mostPages; page++) {
    const answer = await get(url, source.headers);
    for (const item of listOf(readPath(answer, source.items))) {
      if (source.skip?.(item)) continue;
      const account = toAccount(definition, source, extra, item);
      accounts.set(account.id, account);
    }
    const next: unknown = source.next === undefined ? undefined : readPath(answer, source.next);
    url = typeof next === 'string' && next !== url ? next : undefined;
  }
  return [...accounts.values()];
};

const toAccount = (
  definition: AnyDefinition,
  source: AccountList,
  extra: Record<string, string>,
  item: unknown,
): Account => {
  const token = source.token === undefined ? undefined : readPath(item, source.token);
  const unavailable = source.unavailable?.(item);
  return {
    type: source.type,
    ...mapAccount(definition, source.map, item, extra),
    ...(typeof token === 'string' && token !== '' ? { token } : {}),
    ...(unavailable === undefined ? {} : { unavailable }),
  };
};

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

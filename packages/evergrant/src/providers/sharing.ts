import type { AnyDefinition } from './define.ts';

/** What tells which app at which platform a provider uses. */
export interface Registration {
  definition: AnyDefinition;
  clientId: string | null;
}

/**
 * Whether two providers are products of one platform, used through one app there: the same client id at the same
 * authorization server. What a person grants, or takes back, through one of them may concern the other.
 */
export const shareApp = (one: Registration, other: Registration): boolean =>
  one.definition.id === other.definition.id ||
  (one.clientId !== null &&
    one.clientId === other.clientId &&
    authorityOf(one.definition) === authorityOf(other.definition));

/** The host that gives tokens, as the definition declares it: reroutes lead elsewhere, but not to another platform. */
const authorityOf = ({ id, protocol, options = {} }: AnyDefinition): string => {
  const declared =
    protocol.kind === 'oauth2'
      ? (protocol.tokenEndpoint ?? protocol.issuer)
      : protocol.kind === 'oauth1'
        ? protocol.accessTokenEndpoint
        : undefined;
  const filled = declared?.replace(/\{([\w.]+)\}/g, (whole, name: string) => options[name] ?? whole);
  return (filled && /^[a-z]+:\/\/[^/?#]*/i.exec(filled)?.[0].toLowerCase()) ?? id;
};

/** Whether two lists name the same scopes, in any order. */
export const sameScopes = (one: readonly string[], other: readonly string[]): boolean => {
  const [first, second] = [new Set(one), new Set(other)];
  return first.size === second.size && [...first].every((scope) => second.has(scope));
};

/**
 * Pairs of providers that share an app and ask for different scopes, at a platform where each login then ends what the
 * same person granted through the other.
 */
export const providersAtOdds = <T extends Registration & { scopes: readonly string[] }>(
  providers: readonly T[],
): [T, T][] =>
  providers.flatMap((one, index) =>
    providers
      .slice(index + 1)
      .filter((other) => [one, other].some(({ definition }) => definition.consentEnds === 'other-scopes'))
      .filter((other) => shareApp(one, other) && !sameScopes(one.scopes, other.scopes))
      .map((other): [T, T] => [one, other]),
  );

/** What the operator must know of such a pair. */
export const oddsText = ([one, other]: [Registration, Registration]): string =>
  `${one.definition.id} and ${other.definition.id} use one app with different scopes: each login ends what the same person granted through the other. Give both the same scopes, or each an app of its own`;

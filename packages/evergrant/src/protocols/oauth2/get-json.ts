import { fillPlaceholders, originsOf, reroute } from '../../egress/origins.ts';
import type { Egress } from '../../egress/types.ts';
import { EvergrantError } from '../../errors/index.ts';
import type { Api } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { parseJson } from '../json.ts';
import type { App, Protocol } from '../types.ts';
import { classify } from './errors.ts';
import { badResponse, errorOf } from './failure.ts';
import { fillTexts, variablesOf } from './placeholders.ts';
import { lowerCaseNames, sendForAnswer } from './transport.ts';

/** Signed GET requests that must answer JSON: who the account is, and which others it reaches. */
export const createGetJson =
  (egress: Egress, clock: Clock): Protocol['getJson'] =>
  async (app, accessToken, url, headers) => {
    const { api } = app.definition;
    const variables = { ...variablesOf(app), accessToken };
    const target = new URL(ownUrl(app, url, variables));
    for (const [name, value] of Object.entries(fillTexts(api.parameters, variables)))
      target.searchParams.set(name, value);
    const credential = sign(api.authentication ?? 'bearer', accessToken, target);
    const answer = await sendForAnswer(
      egress,
      {
        method: 'GET',
        url: target.href,
        headers: {
          accept: 'application/json',
          ...lowerCaseNames(fillTexts({ ...api.headers, ...headers }, variables)),
          ...credential,
        },
        trustedOrigins: app.trustedOrigins,
      },
      app.provider,
    );
    const failure = classify(app.definition, 'api', answer, clock.now());
    if (failure) {
      throw errorOf(app, failure, answer.status, {
        class: failure.class,
        ...(failure.code ? { code: failure.code } : {}),
      });
    }
    const { status, body } = answer;
    const json = status >= 200 && status < 300 ? parseJson(body) : undefined;
    if (json === undefined) throw badResponse(app, { upstream: { status } });
    return json;
  };

/** Puts the token where the platform reads it (RFC 6750 section 2 by default). */
const sign = (how: NonNullable<Api['authentication']>, token: string, target: URL): Record<string, string> => {
  if (how === 'bearer') return { authorization: `Bearer ${token}` };
  if ('header' in how) return { [how.header.toLowerCase()]: how.prefix ? `${how.prefix.trim()} ${token}` : token };
  target.searchParams.set(how.query, token);
  return {};
};

/**
 * A token goes to the provider's own hosts only: the address may come from an answer (the next page of a list).
 *
 * @throws EvergrantError `target_not_allowed`
 */
const ownUrl = (app: App, url: string, variables: Record<string, string>): string => {
  const filled = fillPlaceholders(escapeOtherBraces(url, variables), variables);
  const origin = URL.parse(filled)?.origin;
  if (!origin || !ownOrigins(app, variables).has(origin)) {
    throw new EvergrantError('target_not_allowed', {
      provider: app.provider,
      detail: 'The address is not on a host of this provider.',
    });
  }
  return reroute(filled, app.origins);
};

/** Braces without a value of their name belong to the address, as in Graph's field lists: `picture{url}`. */
const escapeOtherBraces = (url: string, variables: Record<string, string>): string =>
  url.replace(/\{([^{}]*)\}/g, (whole, name: string) =>
    Object.hasOwn(variables, name) ? whole : encodeURIComponent(whole),
  );

/** Only scheme and host are filled: the path may hold placeholders that have no value here. */
const ownOrigins = (app: App, variables: Record<string, string>): Set<string> => {
  const { api, profile, accounts, scopes } = app.definition;
  const listed = typeof accounts === 'object' ? accounts.get : undefined;
  const declared = [api.baseUrl, ...(api.origins ?? []), profile.get, listed, scopes.grantedFrom?.get];
  const bases = declared.map((url) => /^(?:[a-z]+:\/\/)?[^/?#]*/i.exec(url ?? '')?.[0] ?? '');
  const known = bases.filter((base) => escapeOtherBraces(base, variables) === base);
  return originsOf(...known.map((base) => fillPlaceholders(base, variables)), ...Object.values(app.origins));
};

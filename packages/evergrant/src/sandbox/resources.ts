import { createHash } from 'node:crypto';
import type { Api } from '../providers/define.ts';
import { oauthError, refusal } from './answers.ts';
import { isOurClient, presentedClient } from './client-authentication.ts';
import { isLive, type Presented, present, revoke } from './grants.ts';
import { rewrite, setAt, valueAt } from './json.ts';
import { fill } from './origins.ts';
import { asInFixture, asSeenBy } from './people.ts';
import { findAnswer, type Platform, type PlayedPlatform, samePlace } from './platform.ts';
import type { Received } from './received.ts';
import { writeToken } from './tokens.ts';
import type { World } from './world.ts';

/** The access token of an API request: in the platform's own place, or where RFC 6750 has it. */
export const presentedAccessToken = (platform: Platform, received: Received): string | null => {
  const { definition } = platform;
  const { headers, url, parameters } = received;
  if (isProfileForm(platform, received)) {
    const member = Object.entries(definition.profile.post!).find(([, value]) => value === '{accessToken}');
    return member ? parameters.get(member[0]) : null;
  }
  const authentication = authenticationOf(definition, url);
  const bearer = /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (typeof authentication === 'object' && 'query' in authentication)
    return url.searchParams.get(authentication.query) ?? bearer ?? null;
  if (typeof authentication === 'object') {
    const value = headers.get(authentication.header);
    return value?.slice(authentication.prefix?.length ?? 0).trim() ?? bearer ?? null;
  }
  return bearer ?? url.searchParams.get('access_token');
};

/** Where a token is validated it may be named in another way than at the API. */
const authenticationOf = (definition: PlayedPlatform['definition'], url: URL): Api['authentication'] => {
  const { validation, api } = definition;
  const isValidation = validation !== undefined && samePlace(new URL(fill(validation.get, definition)), url);
  return (isValidation ? validation.authentication : undefined) ?? api.authentication;
};

/** A POST that only reads: who the person is, where the platform wants a form for that. */
const isProfileForm = ({ definition }: PlayedPlatform, { method, url }: Received): boolean =>
  method === 'POST' &&
  definition.profile.post !== undefined &&
  samePlace(new URL(fill(definition.profile.get, definition)), url);

/** Answers an API request: the fixture's answers in the name of whoever signed in, and an echo to whatever is written. */
export const answerApiRequest = (world: World, platform: Platform, received: Received): Response => {
  const presented = present(world.state, platform, presentedAccessToken(platform, received), 'access', 'account');
  if (!presented || !isLive(presented, world.clock.now())) return unauthorized(platform);
  return answerFor(world, platform, presented, received);
};

/** The answer to somebody whose token is good. */
export const answerFor = (
  world: World,
  platform: PlayedPlatform,
  presented: Presented,
  received: Received,
): Response => {
  const { method, url } = received;
  if (method !== 'GET' && !isProfileForm(platform, received)) return echo(presented.grant, received);
  const found = findAnswer(platform.answers, asInFixture(platform, presented.grant.person, url));
  if (!found)
    return oauthError(404, 'not_found', 'The fixture of this simulated platform holds no answer for this address.');
  const visible = withoutAccounts(found.answer, presented.grant.withheld);
  const answer = withAccountTokens(world, presented, asSeenBy(platform, presented.grant.person, world.base(), visible));
  if (platform.grantedScopes && samePlace(platform.grantedScopes, url))
    reportGrantedScopes(platform, presented, answer);
  return Response.json(answer);
};

/** What a write gets: a word that it came, and in whose name. */
export const echo = ({ person, subject }: Presented['grant'], { method, url, body }: Received): Response =>
  Response.json({
    simulated: true,
    request: { method, url: url.href, body },
    account: { id: subject, name: person },
  });

/** Platforms without a class of their own for "renew it" call a dead token a reason to sign in again. */
export const unauthorized = (platform: PlayedPlatform): Response => {
  const hasOwn = platform.fixture.errors.some(({ phase, is }) => phase === 'api' && is === 'refresh-token');
  const otherwise = {
    status: 401,
    error: 'invalid_token',
    description: 'The access token is missing, expired or revoked.',
  };
  return refusal(platform, { phase: 'api', is: hasOwn ? 'refresh-token' : 'reconnect' }, otherwise);
};

const withoutAccounts = (answer: unknown, withheld: string[]): unknown => {
  if (typeof answer !== 'object' || answer === null) return answer;
  if (!Array.isArray(answer)) {
    return Object.fromEntries(Object.entries(answer).map(([name, inner]) => [name, withoutAccounts(inner, withheld)]));
  }
  const isWithheld = (item: unknown) =>
    typeof item === 'object' &&
    item !== null &&
    Object.values(item).some((value) => withheld.some((id) => names(String(value), id)));
  return answer.filter((item) => !isWithheld(item)).map((item) => withoutAccounts(item, withheld));
};

/** Whether a text is an account's id, a URN that ends in it, or the last part of an id that is joined from several names. */
const names = (text: string, id: string): boolean => text === id || text.endsWith(`:${id}`) || id.endsWith(`/${text}`);

/** Pages have tokens of their own, without an end. The number comes from the sample, so that each page has another. */
const withAccountTokens = (world: World, { grant }: Presented, answer: unknown): unknown =>
  rewrite(answer, (leaf, key) => {
    if (key !== 'access_token' || typeof leaf !== 'string') return leaf;
    const number = createHash('sha256').update(leaf).digest().readUInt32BE();
    return writeToken(world.state.key, {
      kind: 'account',
      platform: grant.platform,
      grant: grant.id,
      number,
      expiresAt: null,
    });
  });

const reportGrantedScopes = ({ definition }: PlayedPlatform, { grant }: Presented, answer: unknown): void => {
  const { required, optional = [], grantedFrom } = definition.scopes;
  const { items, scope, where = {} } = grantedFrom!;
  const listed = valueAt(answer, items);
  const samples: unknown[] = Array.isArray(listed) ? listed : [];
  const isAskable = (name: unknown) => [...required, ...optional, ...grant.requested].includes(String(name));
  const item = (name: string): unknown => {
    if (scope === '') return name;
    const copy = structuredClone(samples[0] ?? {});
    setAt(copy, scope, name);
    for (const [path, value] of Object.entries(where))
      setAt(copy, path, grant.scopes.includes(name) ? value : 'declined');
    return copy;
  };
  const shown = Object.keys(where).length > 0 ? grant.requested : grant.scopes;
  setAt(answer, items, [...shown.map(item), ...samples.filter((sample) => !isAskable(valueAt(sample, scope)))]);
};

/** Answers a revocation (RFC 7009, or the platform's own way). */
export const answerRevocation = (world: World, platform: Platform, received: Received): Response => {
  const { tokenParameter, authentication } = platform.revocation!;
  const { headers, parameters } = received;
  if (
    Array.isArray(authentication) &&
    !isOurClient(world, platform, presentedClient(platform, headers, parameters), authentication)
  ) {
    const otherwise = { status: 401, error: 'invalid_client', description: 'Client authentication failed.' };
    return refusal(platform, { phase: 'revoke', is: 'app-misconfigured' }, otherwise);
  }
  const token = parameters.get(tokenParameter) ?? presentedAccessToken(platform, received);
  const presented = present(world.state, platform, token, 'access', 'refresh');
  if (!presented) return nothingToRevoke(platform);
  if (platform.definition.revocationEnds === 'token' && presented.facts.kind === 'access') {
    presented.grant.revokedAccessTokens.push(presented.facts.number);
  } else {
    revoke(world.state, platform, presented.grant, platform.definition.revocationEnds === 'token' ? 'grant' : 'person');
  }
  world.state.save();
  return Response.json({});
};

/** RFC 7009 section 2.2 calls it a success; some platforms do not. */
const nothingToRevoke = (platform: Platform): Response => {
  const complains = platform.fixture.errors.some(({ phase, is }) => phase === 'revoke' && is === 'reconnect');
  if (!complains) return Response.json({});
  return refusal(
    platform,
    { phase: 'revoke', is: 'reconnect' },
    { status: 400, error: 'invalid_token', description: '' },
  );
};

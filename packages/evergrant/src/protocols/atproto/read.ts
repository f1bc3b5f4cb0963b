import { EvergrantError, isEvergrantError } from '../../errors/index.ts';
import { type AtprotoProtocol, type OAuth2Protocol, oauth2 } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { badResponse } from '../failure.ts';
import { isJsonObject, parseJson } from '../json.ts';
import { createRead } from '../oauth2/read.ts';
import type { App, Protocol, RawAnswer, TokenSet, Verdict } from '../types.ts';
import { isDid } from './identity.ts';
import type { AtprotoApp } from './network.ts';
import type { Confirmed, Sessions } from './sessions.ts';

/** The same app for the code of OAuth 2.0: its servers answer to the letter of the standards. */
export const asOAuth2 = (app: AtprotoApp, issuer?: string): App<OAuth2Protocol> => {
  const { errors } = app.definition.protocol;
  const protocol = oauth2({ ...(issuer ? { issuer } : {}), ...(errors ? { errors } : {}) });
  return { ...app, definition: { ...app.definition, protocol } };
};

/**
 * Reads a token answer. A server may give tokens for the accounts that the network says it may speak for, and for no
 * others: at the exchange that is asked anew, or any server could sign in as anybody.
 */
export const createReadTokens = (sessions: Sessions, clock: Clock): Protocol<AtprotoProtocol>['read'] => {
  const readStandard = createRead(clock);
  return async (app, phase, answer) => {
    const verdict = await readStandard(asOAuth2(app), phase, answer);
    if (phase === 'refresh') return verdict.kind === 'tokens' ? renewed(app, answer, verdict.tokens) : forOne(verdict);
    return verdict.kind === 'tokens' ? exchanged(sessions, app, answer, verdict.tokens) : verdict;
  };
};

const subjectOf = ({ body }: RawAnswer): unknown => {
  const json = parseJson(body);
  return isJsonObject(json) ? json['sub'] : undefined;
};

const exchanged = async (
  sessions: Sessions,
  app: AtprotoApp,
  answer: RawAnswer,
  tokens: TokenSet,
): Promise<Verdict> => {
  const { issuer, did, handle } = answer.facts ?? {};
  const subject = subjectOf(answer);
  const fault = faultIn(tokens, subject);
  if (fault)
    return { kind: 'rejected', error: badResponse(app, { detail: fault, upstream: { status: answer.status } }) };
  let confirmed: Confirmed;
  try {
    confirmed = await sessions.confirm(app, subject as string, handle);
  } catch (error) {
    if (!isEvergrantError(error)) throw error;
    return { kind: 'ambiguous', error };
  }
  const error = mismatchOf(app, confirmed, { issuer, did });
  return error ? { kind: 'rejected', error } : { kind: 'tokens', tokens: { ...tokens, extra: extraOf(confirmed) } };
};

const faultIn = (tokens: TokenSet, subject: unknown): string | null => {
  if (tokens.tokenType !== 'dpop') return 'The token is not bound to a proof of possession.';
  if (!tokens.scopes?.includes('atproto')) return 'The scope atproto was not granted.';
  return isDid(subject) ? null : 'The answer does not name an account.';
};

const mismatchOf = (
  app: AtprotoApp,
  confirmed: Confirmed,
  expected: { issuer: string | undefined; did: string | undefined },
): EvergrantError | null => {
  const { provider } = app;
  if (confirmed.issuer !== expected.issuer) {
    const detail = 'The server that signed the person in may not speak for this account.';
    return new EvergrantError('issuer_mismatch', { provider, detail });
  }
  if (expected.did === undefined || expected.did === confirmed.did) return null;
  const detail = `${confirmed.handle ?? confirmed.did} was signed in, which is not the account that was named.`;
  return new EvergrantError('account_mismatch', { provider, detail });
};

/** Kept sealed with the grant, and named by the definition: `{extra.pds}`. */
const extraOf = ({ issuer, did, handle, pds }: Confirmed): Record<string, string> => ({
  issuer,
  did,
  pds,
  ...(handle ? { handle } : {}),
});

/** The old refresh token is spent: but for tokens of somebody else, nothing may be thrown away here. */
const renewed = (app: AtprotoApp, answer: RawAnswer, tokens: TokenSet): Verdict => {
  const { did, pds } = answer.facts ?? {};
  const subject = subjectOf(answer);
  if (subject !== undefined && subject !== did) {
    const detail = 'The renewal brought a token of another account.';
    return { kind: 'rejected', error: new EvergrantError('reauth_required', { provider: app.provider, detail }) };
  }
  return { kind: 'tokens', tokens: { ...tokens, tokenType: 'dpop', extra: pds ? { pds } : {} } };
};

/** Each server is a stranger's: what one of them thinks of our client must not stop the renewals at all others. */
const forOne = (verdict: Exclude<Verdict, { kind: 'tokens' }>): Verdict =>
  verdict.kind === 'misconfigured' ? { kind: 'not_processed', error: verdict.error } : verdict;

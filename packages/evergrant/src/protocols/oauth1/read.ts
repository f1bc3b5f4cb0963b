import type { OAuth1Protocol } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { classify } from '../errors.ts';
import { badResponse, errorOf, verdictKind } from '../failure.ts';
import type { App, Protocol, RawAnswer } from '../types.ts';
import { withTokenSecret } from './token-secret.ts';

/** A pair of credentials in an answer, with what else stood in it. */
export interface Credentials {
  token: string;
  secret: string;
  members: URLSearchParams;
}

/** Reads a form whatever its content type says: X calls its forms HTML. Null: there is no pair of credentials in it. */
export const readCredentials = ({ status, body }: Pick<RawAnswer, 'status' | 'body'>): Credentials | null => {
  if (status < 200 || status > 299) return null;
  const members = new URLSearchParams(body.trim());
  const [token, secret] = [members.get('oauth_token'), members.get('oauth_token_secret')];
  return token && secret ? { token, secret, members } : null;
};

/**
 * Reads the answer with the token credentials (RFC 5849 section 2.3). They have no end, nothing renews them, and what
 * they permit is a setting of the app that no answer tells.
 */
export const createRead =
  (clock: Clock): Protocol<OAuth1Protocol>['read'] =>
  async (app, phase, answer) => {
    const failure = classify(app.definition, phase, answer, clock.now());
    if (failure) return { kind: verdictKind(failure, answer.status), error: errorOf(app, failure, answer.status) };
    const credentials = readCredentials(answer);
    if (!credentials) {
      const error = badResponse(app, { detail: 'There is no token in it.', upstream: { status: answer.status } });
      return { kind: 'ambiguous', error };
    }
    return {
      kind: 'tokens',
      tokens: {
        accessToken: credentials.token,
        refreshToken: null,
        tokenType: 'oauth1',
        expiresIn: null,
        refreshExpiresIn: null,
        scopes: [],
        extra: withTokenSecret(keptFacts(app, credentials.members), credentials.secret),
        subject: null,
      },
    };
  };

const keptFacts = ({ definition }: App<OAuth1Protocol>, members: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    Object.entries(definition.protocol.keep ?? {}).flatMap(([name, member]) => {
      const value = members.get(member);
      return value ? [[name, value]] : [];
    }),
  );

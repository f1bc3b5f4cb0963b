import { type EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { App, Protocol, RawAnswer } from '../protocols/types.ts';

/**
 * While the secret of an app is exchanged at the platform, either may be the one that counts. Where the first is refused
 * (`invalid_client`, RFC 6749 section 5.2, before anything else is looked at), the request is sent once more with the
 * next one, and nobody hears of the refusal.
 *
 * @param prefer notes that the next secret was taken
 */
export const withNextSecret = (protocol: Protocol, prefer: (app: App) => void): Protocol => {
  /** What cannot be read is no refusal: it may hold tokens, and whoever waits for it journals it before reading it. */
  const lookAt = async (
    app: App,
    phase: 'exchange' | 'refresh',
    answer: RawAnswer,
  ): Promise<'refused' | 'taken' | 'unreadable'> => {
    try {
      const verdict = await protocol.read(app, phase, answer);
      return verdict.kind === 'misconfigured' && isSecretRefused(verdict.error) ? 'refused' : 'taken';
    } catch {
      return 'unreadable';
    }
  };

  const sendEither = async <Answer extends RawAnswer | null>(
    app: App,
    phase: 'exchange' | 'refresh',
    send: (app: App) => Promise<Answer>,
  ): Promise<Answer> => {
    const answer = await send(app);
    if (answer === null || (await lookAt(app, phase, answer)) !== 'refused') return answer;
    const next = { ...app, clientSecret: app.nextClientSecret! };
    const second = await send(next);
    if ((await lookAt(next, phase, second!)) === 'taken') prefer(app);
    return second;
  };

  return {
    ...protocol,
    sendExchange: (app, input) => sendEither(app, 'exchange', (one) => protocol.sendExchange(one, input)),
    sendUpgrade: (app, tokens) => sendEither(app, 'exchange', (one) => protocol.sendUpgrade(one, tokens)),
    sendRenewal: (app, input, beforeSend) =>
      sendEither(app, 'refresh', (one) => protocol.sendRenewal(one, input, beforeSend)),
    async revoke(app, credentials) {
      try {
        return await protocol.revoke(app, credentials);
      } catch (error) {
        if (!isEvergrantError(error) || !isSecretRefused(error)) throw error;
        const outcome = await protocol.revoke({ ...app, clientSecret: app.nextClientSecret! }, credentials);
        prefer(app);
        return outcome;
      }
    },
  };
};

const isSecretRefused = (error: EvergrantError): boolean => error.code === 'provider_app_credentials_invalid';

import { describe, expect, it, vi } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import type { Protocol, RawAnswer } from '../protocols/types.ts';
import { Secret } from '../telemetry/secret.ts';
import { readMemoryAnswer } from '../testing/memory-platform.ts';
import { withNextSecret } from './next-secret.ts';
import { answerOf, strict, wrongClient } from './scene.test-support.ts';
import { appOf, definitionOf, protocolOf } from './test-support.ts';

const [first, next] = [new Secret('first'), new Secret('next')];
const app = { ...appOf(definitionOf(strict)), clientSecret: first, nextClientSecret: next };
const credentials = { accessToken: 'at', refreshToken: 'rt', extra: {}, scopes: [] };
const tokens = answerOf(200, { access_token: 'new', refresh_token: 'newer', expires_in: 3600 });

/** A platform that answers what it is told, request by request. */
const speaking = (answers: RawAnswer[], read?: Protocol['read']) => {
  const secrets: unknown[] = [];
  const prefer = vi.fn();
  const plain = protocolOf(async () => answerOf(500));
  const protocol: Protocol = {
    ...plain,
    async sendRenewal({ clientSecret }) {
      secrets.push(clientSecret);
      return answers.shift()!;
    },
    ...(read ? { read } : {}),
  };
  return { secrets, prefer, renew: () => withNextSecret(protocol, prefer).sendRenewal(app, credentials, () => {}) };
};

describe('a renewal while the secret of its app is exchanged', () => {
  it('is sent once where the first secret is taken', async () => {
    const { renew, secrets, prefer } = speaking([tokens]);
    expect(await renew()).toEqual(tokens);
    expect(secrets).toEqual([first]);
    expect(prefer).not.toHaveBeenCalled();
  });

  it('is sent once more where it is refused, with the next one, which is preferred from then on', async () => {
    const { renew, secrets, prefer } = speaking([wrongClient, tokens]);
    expect(await renew()).toEqual(tokens);
    expect(secrets).toEqual([first, next]);
    expect(prefer).toHaveBeenCalledOnce();
  });

  it('prefers nothing where both are refused', async () => {
    const { renew, secrets, prefer } = speaking([wrongClient, wrongClient]);
    expect(await renew()).toEqual(wrongClient);
    expect(secrets).toEqual([first, next]);
    expect(prefer).not.toHaveBeenCalled();
  });

  it('hands on what cannot be read: it may hold a token, and is not in the journal yet', async () => {
    const broken = async () => {
      throw new EvergrantError('definition_invalid');
    };
    const { renew, secrets, prefer } = speaking([tokens], broken);
    expect(await renew()).toEqual(tokens);
    expect(secrets).toEqual([first]);
    expect(prefer).not.toHaveBeenCalled();
  });

  it('hands on a second answer that cannot be read', async () => {
    let reads = 0;
    const breaking: Protocol['read'] = async (...given) => {
      if (++reads === 2) throw new Error('a hook is broken');
      return readMemoryAnswer(...given);
    };
    const { renew, prefer } = speaking([wrongClient, tokens], breaking);
    expect(await renew()).toEqual(tokens);
    expect(prefer).not.toHaveBeenCalled();
  });
});

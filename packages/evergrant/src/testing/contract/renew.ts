import { tokenSecretOf } from '../../protocols/oauth1/token-secret.ts';
import type { TokenSet } from '../../protocols/types.ts';
import { offersRevocation } from './definition.ts';
import { compareRequest } from './requests.ts';
import { type Scene, sample, tokensOf } from './scene.ts';
import { toRawAnswer } from './scripted-platform.ts';
import { checkSignature } from './signature.ts';

/** One request that says what it must, once the caller is told that it goes out; and a refresh token as it is declared. */
export const renew = async (scene: Scene): Promise<void> => {
  const { definition, fixture, app, platform, protocol, findings } = scene;
  const { refresh, requests } = fixture;
  if (!refresh) {
    if (definition.refresh?.supported !== false) {
      findings.say(
        'the fixture has no sample of a renewal (`refresh`); where there is none, refresh.supported is false',
      );
    }
    return;
  }
  if (definition.refresh?.supported === false)
    findings.say('refresh.supported is false, but there is a sample of a renewal');
  platform.script(refresh);
  const before = platform.sent.length;
  const sentWhenReady: number[] = [];
  const ready = () => void sentWhenReady.push(platform.sent.length);
  const credential = { ...sample, scopes: [], extra: carriedOf(scene) };
  const answer = await protocol.sendRenewal(app, credential, ready);
  findings.expect('requests sent when beforeSend is called', sentWhenReady, [before]);
  findings.expect('requests of a renewal', platform.sent.length - before, 1);
  compareRequest(scene, 'the renewal', platform.sent.at(-1), requests?.refresh);
  const tokens = tokensOf(scene, 'refresh', await protocol.read(app, 'refresh', answer));
  if (tokens) await compareRotation(scene, tokens);
};

/** What the grant keeps of the callback and of the token answer, for later requests to repeat. */
const carriedOf = ({ fixture: { callback } }: Scene): Record<string, string> => ({
  ...sample.extra,
  ...callback.granted,
});

/** Whether renewal gives a new refresh token must be as `refresh.rotates` declares. */
const compareRotation = async (scene: Scene, { refreshToken }: TokenSet): Promise<void> => {
  const { definition, fixture, app, protocol, findings } = scene;
  const { rotates = 'sometimes' } = definition.refresh ?? {};
  const first = await protocol.read(app, 'exchange', toRawAnswer(fixture.exchange));
  const before = first.kind === 'tokens' ? first.tokens.refreshToken : null;
  const isNew = refreshToken !== null && refreshToken !== before;
  if (rotates === 'always') findings.expect('a new refresh token, as refresh.rotates says', isNew, true);
  if (rotates === 'never') findings.expect('a new refresh token, though refresh.rotates says never', isNew, false);
};

/** Revokes each token as the platform wants it, or says that it cannot be. */
export const revoke = async (scene: Scene): Promise<void> => {
  const { definition, fixture, app, platform, protocol, findings } = scene;
  const offered = offersRevocation(definition);
  const done = { status: 200, body: {} };
  platform.script(...(offered ? [done, done] : []));
  const before = platform.sent.length;
  const result = await protocol.revoke(app, { ...sample, extra: carriedOf(scene) });
  platform.script();
  findings.expect('revocation', result, offered ? 'revoked' : 'unsupported');
  const sent = platform.sent.slice(before);
  const expected = fixture.requests?.revoke ?? [];
  findings.expect('revocation, by what the fixture says of it', offered, expected.length > 0);
  if (!offered) return;
  findings.expect('requests of a revocation', sent.length, expected.length);
  for (const [index, request] of sent.entries()) compareRequest(scene, 'the revocation', request, expected[index]);
  checkSignature(scene, 'the revocation', tokenSecretOf(sample.extra));
};

import { tokenSecretOf } from '../../protocols/oauth1/token-secret.ts';
import { createRegister } from '../../protocols/oauth2/register.ts';
import type { TokenSet } from '../../protocols/types.ts';
import type { OAuth2Protocol } from '../../providers/define.ts';
import type { ExpectedTokens } from '../../providers/fixture.ts';
import { systemClock } from '../../telemetry/clock.ts';
import { sorted } from './findings.ts';
import { compareRequest } from './requests.ts';
import { inputOf, refuseCallback, type Scene, state, tokensOf } from './scene.ts';
import { toRawAnswer } from './scripted-platform.ts';
import { checkSignature, sampleRequestToken } from './signature.ts';

const code = 'SAMPLE/CODE*1';

/** An app is registered at an instance, with everything that later requests will hold it to. */
export const register = async ({ definition, fixture, platform, app, findings }: Scene): Promise<void> => {
  const { registration } = definition.instance ?? {};
  const { registration: answer } = fixture;
  findings.expect('a sample of a registration', answer !== undefined, registration !== undefined);
  if (!registration || !answer) return;
  platform.script(answer);
  const registerAt = createRegister(platform.egress, systemClock);
  const { clientId, clientSecret } = await registerAt(app, registration, 'https://app.example');
  const { body, url } = platform.sent.at(-1)!;
  const sent = JSON.stringify([url, decodeURIComponent((body ?? '').replaceAll('+', ' '))]);
  for (const part of [app.variables['instance']!, app.redirectUri, ...app.scopes]) {
    findings.expect(`${part} in the registration`, sent.includes(part), true);
  }
  findings.expect('credentials of a registration', [clientId !== '', clientSecret.reveal() !== ''], [true, true]);
};

/** Consent, exchange and upgrade. @returns the tokens, where everything went well so far */
export const connect = async (scene: Scene): Promise<TokenSet | null> => {
  const { app, fixture, platform, protocol, findings } = scene;
  const { exchange, upgrade, expected, requests } = fixture;
  const input = inputOf(scene, await consent(scene));
  await protocol.checkCallback(app, input);
  platform.script(exchange);
  const answer = await protocol.sendExchange(app, input);
  compareRequest(scene, 'the exchange', platform.sent.at(-1), requests?.exchange, {
    code: input.parameters.get('code') ?? input.parameters.get('oauth_verifier')!,
  });
  checkSignature(scene, 'the exchange', scene.secrets.requestToken?.secret);
  const first = tokensOf(scene, 'exchange', await protocol.read(app, 'exchange', answer));
  if (!first) return null;
  platform.script(...(upgrade ? [upgrade] : []));
  const upgraded = await protocol.sendUpgrade(app, first);
  findings.expect('an upgrade is sent', upgraded !== null, upgrade !== undefined);
  if (upgraded && upgrade) {
    const { accessToken } = first;
    compareRequest(scene, 'the upgrade', platform.sent.at(-1), requests?.upgrade, { accessToken });
  }
  const tokens = upgraded ? tokensOf(scene, 'upgrade', await protocol.read(app, 'exchange', upgraded)) : first;
  if (tokens) compareTokens(scene, 'exchange', tokens, { kept: {}, ...expected });
  return tokens;
};

/** The tokens to go on with; what is wrong on the way there is found by {@link connect} itself. */
export const connectForMore = async (scene: Scene): Promise<TokenSet | null> => {
  const { findings, platform } = scene;
  const tokens = await connect(scene).catch(() => null);
  findings.sentences.length = 0;
  platform.violations.length = 0;
  if (!tokens) findings.say('there are no tokens to ask with, because connecting fails');
  return tokens;
};

/** Every other answer that the token endpoint is known to give. */
export const readVariants = async (scene: Scene): Promise<void> => {
  const { app, fixture, protocol } = scene;
  for (const { note, exchange, expected } of fixture.variants ?? []) {
    const verdict = await protocol.read(app, 'exchange', toRawAnswer(exchange));
    const tokens = tokensOf(scene, note, verdict);
    if (tokens) compareTokens(scene, note, tokens, expected);
  }
};

/** A person who declines ends the flow as such, and no request is sent for it. */
export const decline = async (scene: Scene): Promise<void> => {
  if (scene.definition.protocol.kind === 'oauth1') await consent(scene);
  const { denied, deniedWithoutState } = scene.fixture.callback;
  await refuseCallback(scene, 'the refusal', denied, 'consent_denied', deniedWithoutState ? {} : { state });
};

/** Sends the person to the platform. @returns what the platform sends back with one who consented */
const consent = async (scene: Scene): Promise<Record<string, string>> => {
  const { definition, fixture, app, platform, protocol, findings } = scene;
  const { granted } = fixture.callback;
  if (definition.protocol.kind === 'oauth2') {
    await authorize(scene, definition.protocol);
    return { code, state, ...granted };
  }
  const { requestToken, requests } = fixture;
  if (!requestToken) throw new Error('the fixture has no sample of a request token');
  platform.script(requestToken);
  const { redirectUri } = app;
  const request = { state, scopes: [], redirectUri, instance: null, reconnect: false };
  const { url, handle, secrets } = await protocol.authorize(app, request);
  compareRequest(scene, 'the request for a request token', platform.sent.at(-1), requests?.requestToken);
  compareRequest(scene, 'the authorization request', { method: 'GET', url }, asGet(requests?.authorize));
  platform.checkUrl('the authorization request', url);
  checkSignature(scene, 'the request for a request token', '', { oauth_callback: redirectUri });
  findings.expect('oauth_token', new URL(url).searchParams.get('oauth_token'), sampleRequestToken);
  findings.expect('the handle', handle, sampleRequestToken);
  scene.secrets = secrets;
  return { oauth_token: sampleRequestToken, oauth_verifier: 'SAMPLE/VERIFIER*1', ...granted };
};

const asGet = <T extends object>(sample: T | undefined) => sample && { method: 'GET' as const, ...sample };

/** The authorization request, at the first time and when an account is reconnected. */
const authorize = async (scene: Scene, protocol: OAuth2Protocol): Promise<void> => {
  const { definition, fixture, app, platform, findings } = scene;
  const { scopes } = definition;
  const { redirectUri, variables } = app;
  const asked = [...scopes.required, ...(scopes.optional ?? [])];
  const input = { state, scopes: asked, redirectUri, instance: variables['instance'] ?? null };
  const request = await scene.protocol.authorize(app, { ...input, reconnect: false });
  scene.secrets = request.secrets;
  platform.checkUrl('the authorization request', request.url);
  const { url } = request;
  compareRequest(scene, 'the authorization request', { method: 'GET', url }, asGet(fixture.requests?.authorize));
  const sent = new URL(url).searchParams;
  findings.expect('state', sent.get('state'), state);
  findings.expect('a code challenge', sent.has('code_challenge'), protocol.pkce !== 'none');
  const again = new URL((await scene.protocol.authorize(app, { ...input, reconnect: true })).url).searchParams;
  for (const [name, value] of Object.entries(protocol.reconnectParameters ?? {})) {
    findings.expect(`${name} at a reconnect`, again.get(name), value);
    findings.expect(`${name} at the first time`, sent.get(name), protocol.authorizationParameters?.[name] ?? null);
  }
};

export const compareTokens = (
  { findings }: Scene,
  what: string,
  { expiresIn, scopes, refreshToken, refreshExpiresIn, extra }: TokenSet,
  expected: ExpectedTokens,
): void => {
  findings.expect(`${what}: expiresIn`, expiresIn, expected.expiresIn);
  findings.expect(`${what}: scopes`, sorted(scopes), sorted(expected.scopes));
  findings.expect(`${what}: a refresh token`, refreshToken !== null, expected.refreshToken);
  if (expected.refreshExpiresIn !== undefined) {
    findings.expect(`${what}: refreshExpiresIn`, refreshExpiresIn, expected.refreshExpiresIn);
  }
  const { oauth_token_secret: _secret, ...kept } = extra;
  if (expected.kept) findings.expect(`${what}: the facts that are kept`, byName(kept), byName(expected.kept));
};

const byName = (facts: Record<string, string>): [string, string][] =>
  Object.entries(facts).sort(([one], [other]) => one.localeCompare(other));

/** What signs a request beside the token, where requests are signed. */
export const tokenSecret = (tokens: TokenSet): string | undefined => tokenSecretOf(tokens.extra);

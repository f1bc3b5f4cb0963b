import type { TokenSet } from '../../protocols/types.ts';
import { identifyBy } from './accounts.ts';
import { compareTokens } from './connect.ts';
import { contradictions, nameOf } from './errors.ts';
import { sorted } from './findings.ts';
import { inputOf, refuseCallback, type Scene, sample, state, tokensOf } from './scene.ts';
import { toRawAnswer } from './scripted-platform.ts';

/*
 * AT Protocol: the account that is named, a pushed request whose nonce is missing at first, tokens that are bound to a
 * proof. What is sent follows from the specification and not from a definition.
 */

const nonce = 'SAMPLE_FIRST_NONCE';
const nonceMissing = { status: 400, headers: { 'dpop-nonce': nonce }, body: { error: 'use_dpop_nonce' } };

/** Pushed request and exchange. @returns the tokens, where everything went well so far */
export const connectAtproto = async (scene: Scene): Promise<TokenSet | null> => {
  const { fixture, app, platform, protocol, findings } = scene;
  const { pushed, instance, exchange, expected, callback } = fixture;
  if (!pushed || !instance) throw new Error('the fixture needs `instance` and `pushed`');
  platform.script(nonceMissing, pushed);
  const { scopes, redirectUri } = app;
  findings.expect('the required scopes', sorted(scopes), sorted(expected.scopes));
  const request = { state, scopes, redirectUri, reconnect: false, instance };
  const { url, secrets } = await protocol.authorize(app, request);
  scene.secrets = secrets;
  checkPushed(scene, url);
  const input = inputOf(scene, { code: 'SAMPLE/CODE*1', state, ...callback.granted });
  await protocol.checkCallback(app, input);
  platform.script(exchange);
  const answer = await protocol.sendExchange(app, input);
  const tokens = tokensOf(scene, 'exchange', await protocol.read(app, 'exchange', answer));
  if (!tokens) return null;
  compareTokens(scene, 'exchange', tokens, expected);
  findings.expect('exchange: the type', tokens.tokenType, 'dpop');
  scene.extra = { ...secrets.carried, ...tokens.extra };
  return { ...tokens, extra: scene.extra };
};

const checkPushed = (scene: Scene, url: string): void => {
  const { fixture, app, platform, findings } = scene;
  platform.checkUrl('the authorization request', url);
  const asked = [...new URL(url).searchParams];
  findings.expect('the authorization request', asked.map(([name]) => name).sort(), ['client_id', 'request_uri']);
  const forms = formsOf(scene);
  findings.expect('pushed requests', forms.length, 2);
  const [first, second] = forms.map(({ headers }) => claimsOf(headers?.['dpop']));
  findings.expect('the nonce of the first proof', first?.['nonce'], undefined);
  findings.expect('the nonce of the second proof', second?.['nonce'], nonce);
  findings.expect('proofs differ', first?.['jti'] !== second?.['jti'], true);
  const form = new URLSearchParams(forms[1]?.body);
  const names = ['client_id', 'redirect_uri', 'scope', 'state'];
  findings.expect('the pushed request', Object.fromEntries(names.map((name) => [name, form.get(name)])), {
    client_id: app.clientId,
    redirect_uri: app.redirectUri,
    scope: app.scopes.join(' '),
    state,
  });
  findings.expect('a code challenge', form.get('code_challenge_method'), 'S256');
  findings.expect('the client authenticates', form.has('client_assertion'), true);
  findings.expect('the login hint', form.get('login_hint'), fixture.instance);
};

export const findAtprotoAccounts = async (scene: Scene): Promise<void> => {
  const tokens = await connectAtproto(scene);
  if (!tokens) return;
  const { accounts, grantedScopes } = await identifyBy(scene, tokens);
  const facts = ({ id, type, name, username, picture, url }: (typeof accounts)[number]) =>
    JSON.stringify({ id, type, name, username, picture, url });
  const expected = scene.fixture.accounts as typeof accounts;
  scene.findings.expect('the accounts', accounts.map(facts), expected.map(facts));
  if (scene.fixture.grantedScopes)
    scene.findings.expect('the granted scopes', grantedScopes, scene.fixture.grantedScopes);
};

export const renewAtproto = async (scene: Scene): Promise<void> => {
  const { fixture, app, platform, protocol, findings, definition } = scene;
  if (!fixture.refresh) throw new Error('the fixture has no sample of a renewal');
  findings.expect('refresh.supported', definition.refresh?.supported ?? true, true);
  const first = await connectAtproto(scene);
  platform.script(nonceMissing, fixture.refresh);
  const before = formsOf(scene).length;
  let ready = 0;
  const credential = { ...sample, scopes: [], extra: scene.extra };
  const answer = await protocol.sendRenewal(app, credential, () => void ready++);
  findings.expect('requests of a renewal whose nonce is old', formsOf(scene).length - before, 2);
  findings.expect('beforeSend is called for each', ready, 2);
  const tokens = tokensOf(scene, 'refresh', await protocol.read(app, 'refresh', answer));
  const isNew = tokens?.refreshToken != null && tokens.refreshToken !== first?.refreshToken;
  findings.expect('a new refresh token, and refresh.rotates', definition.refresh?.rotates, isNew ? 'always' : 'never');
};

export const declineAtproto = async (scene: Scene): Promise<void> => {
  await connectAtproto(scene);
  await refuseCallback(scene, 'the refusal', scene.fixture.callback.denied, 'consent_denied');
};

export const revokeAtproto = async (scene: Scene): Promise<void> => {
  const { app, platform, protocol, findings } = scene;
  await connectAtproto(scene);
  platform.script({ status: 200, body: {} });
  findings.expect('revocation', await protocol.revoke(app, { ...sample, extra: scene.extra }), 'revoked');
};

export const classifyAtprotoErrors = async (scene: Scene): Promise<void> => {
  const { definition, fixture, app, protocol, findings } = scene;
  await connectAtproto(scene);
  for (const answer of fixture.errors) {
    const { phase, body, is, error } = answer;
    const what = nameOf(answer);
    for (const sentence of contradictions(definition, answer)) findings.say(sentence);
    if (phase === 'authorize' && error) await refuseCallback(scene, what, body as Record<string, string>, error);
    if (phase !== 'exchange' && phase !== 'refresh') continue;
    const verdict = await protocol.read(app, phase, toRawAnswer(answer));
    // Every server is a stranger's: none may stop the renewals at others.
    findings.expect(`${what}: blames the app`, phase === 'refresh' && verdict.kind === 'misconfigured', false);
    findings.expect(`${what}: ends the credential`, verdict.kind === 'rejected', is === 'reconnect');
  }
};

const formsOf = ({ platform }: Scene) => platform.sent.filter(({ method }) => method === 'POST');

const claimsOf = (proof = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString() || '{}') as Record<string, unknown>;

import { isEvergrantError } from '../errors/index.ts';
import { classify } from '../protocols/errors.ts';
import { createGetJson } from '../protocols/get-json.ts';
import type { App, ExchangeInput, FlowSecrets, Protocol, RawAnswer, TokenSet, Verdict } from '../protocols/types.ts';
import type { AtprotoProtocol, ProviderDefinition } from '../providers/define.ts';
import type { ProviderFixture } from '../providers/fixture.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { ContractOptions } from './contract.ts';
import { ScriptedPlatform, toRawAnswer } from './scripted-platform.ts';

/** 32 random bytes as base64url, which is what a flow sends. */
const state = 'S'.repeat(43);

const nonce = 'SAMPLE_FIRST_NONCE';
const nonceMissing = { status: 400, headers: { 'dpop-nonce': nonce }, body: { error: 'use_dpop_nonce' } };

/**
 * Plays a fixture of AT Protocol: the account that is named, the pushed request with a nonce that is missing at first,
 * exchange, identification, renewal, refusal, revocation and every sample of an error.
 *
 * @returns one sentence for each violation
 */
export const playAtproto = async (
  definition: ProviderDefinition<AtprotoProtocol>,
  fixture: ProviderFixture,
  options: ContractOptions,
): Promise<string[]> => {
  const run = new AtprotoRun(definition, fixture, options);
  for (const step of ['connect', 'renew', 'refuse', 'revoke', 'classifyErrors'] as const) {
    await run[step]().catch((error: unknown) => run.violations.push(`${step}: ${String(error)}`));
  }
  return [...run.violations, ...run.platform.violations];
};

class AtprotoRun {
  readonly violations: string[] = [];
  readonly platform: ScriptedPlatform;
  readonly #fixture: ProviderFixture;
  readonly #options: ContractOptions;
  readonly #app: App;
  readonly #protocol: Protocol;
  /** Of the flow, and what the grant keeps of it. */
  #secrets: FlowSecrets = {};
  #extra: Record<string, string> = {};

  constructor(definition: ProviderDefinition<AtprotoProtocol>, fixture: ProviderFixture, options: ContractOptions) {
    this.#fixture = fixture;
    this.#options = options;
    this.#app = {
      provider: definition.id,
      clientId: 'https://app.example/client-metadata.json',
      clientSecret: null,
      definition,
      scopes: definition.scopes.required,
      origins: {},
      trustedOrigins: new Set(),
      redirectUri: `https://app.example/integrations/social/${definition.id}`,
      variables: { ...definition.options },
    };
    // What is scripted answers forms; documents are always there.
    this.platform = new ScriptedPlatform(fixture.get, 'POST');
    this.#protocol = options.createProtocol(this.platform.egress);
    this.#expect('the provider of the fixture', fixture.provider, definition.id);
  }

  async connect(): Promise<void> {
    const { pushed, instance, exchange, expected, callback } = this.#fixture;
    if (!pushed || !instance) throw new Error('the fixture needs `instance` and `pushed`');
    this.platform.script(nonceMissing, pushed);
    const { scopes, redirectUri } = this.#app;
    const request = { state, scopes, redirectUri, reconnect: false, instance };
    const { url, secrets } = await this.#protocol.authorize(this.#app, request);
    this.#secrets = secrets;
    this.#checkPushed(url);

    const input = this.#inputOf({ code: 'SAMPLE/CODE*1', state, ...callback.granted });
    await this.#protocol.checkCallback(this.#app, input);
    this.platform.script(exchange);
    const answer = await this.#protocol.sendExchange(this.#app, input);
    const tokens = this.#tokensOf('exchange', await this.#protocol.read(this.#app, 'exchange', answer));
    if (!tokens) return;
    const { expiresIn, refreshToken, tokenType } = tokens;
    this.#expect('exchange: expiresIn', expiresIn, expected.expiresIn);
    this.#expect('exchange: scopes', sorted(tokens.scopes), sorted(expected.scopes));
    this.#expect('exchange: a refresh token', refreshToken !== null, expected.refreshToken);
    this.#expect('exchange: the type', tokenType, 'dpop');
    this.#extra = { ...secrets.carried, ...tokens.extra };
    await this.#checkAccounts({ ...tokens, extra: this.#extra });
  }

  async renew(): Promise<void> {
    const { refresh } = this.#fixture;
    if (!refresh) throw new Error('the fixture has no sample of a renewal');
    this.platform.script(nonceMissing, refresh);
    const before = this.#forms().length;
    let ready = 0;
    const credential = { refreshToken: 'SAMPLE_OLD_RT', accessToken: 'SAMPLE_OLD_AT', scopes: [], extra: this.#extra };
    const answer = await this.#protocol.sendRenewal(this.#app, credential, () => void ready++);
    this.#expect('requests of a renewal whose nonce is old', this.#forms().length - before, 2);
    this.#expect('beforeSend is called for each', ready, 2);
    this.#tokensOf('refresh', await this.#protocol.read(this.#app, 'refresh', answer));
  }

  async refuse(): Promise<void> {
    await this.#refuseCallback('the refusal', this.#fixture.callback.denied, 'consent_denied');
  }

  async revoke(): Promise<void> {
    this.platform.script({ status: 200, body: {} });
    const credentials = { accessToken: 'SAMPLE_AT', refreshToken: 'SAMPLE_RT', extra: this.#extra };
    this.#expect('revocation', await this.#protocol.revoke(this.#app, credentials), 'revoked');
  }

  async classifyErrors(): Promise<void> {
    for (const { phase, status, body, headers, is, error } of this.#fixture.errors) {
      const what = `${phase} ${status} ${JSON.stringify(body)}`;
      const found = classify(this.#app.definition, phase, { status, headers, body });
      this.#expect(what, found?.class ?? null, is);
      if (error) this.#expect(`${what}: code`, found?.error, error);
      if (phase === 'authorize' && error) await this.#refuseCallback(what, body as Record<string, string>, error);
      if (phase !== 'exchange' && phase !== 'refresh') continue;
      const verdict = await this.#protocol.read(this.#app, phase, toRawAnswer({ status, headers, body }) as RawAnswer);
      // Every server is a stranger's: none may stop the renewals at others.
      const blamesApp = phase === 'refresh' && verdict.kind === 'misconfigured';
      const ends = verdict.kind === 'rejected';
      this.#expect(`${what}: blames the app`, blamesApp, false);
      this.#expect(`${what}: ends the credential`, ends, is === 'reconnect');
    }
  }

  #checkPushed(url: string): void {
    const { scopes, clientId, redirectUri } = this.#app;
    this.platform.checkUrl('the authorization request', url);
    const asked = [...new URL(url).searchParams];
    this.#expect('the authorization request', asked.map(([name]) => name).sort(), ['client_id', 'request_uri']);
    const forms = this.#forms();
    this.#expect('pushed requests', forms.length, 2);
    const [first, second] = forms.map(({ headers }) => proofOf(headers?.['dpop']));
    this.#expect('the nonce of the first proof', first?.['nonce'], undefined);
    this.#expect('the nonce of the second proof', second?.['nonce'], nonce);
    this.#expect('proofs differ', first?.['jti'] !== second?.['jti'], true);
    const form = new URLSearchParams(forms[1]?.body);
    const sent = Object.fromEntries(
      ['client_id', 'redirect_uri', 'scope', 'state'].map((name) => [name, form.get(name)]),
    );
    this.#expect('the pushed request', sent, {
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state,
    });
    this.#expect('a code challenge', form.get('code_challenge_method'), 'S256');
    this.#expect('the client authenticates', form.has('client_assertion'), true);
    this.#expect('the login hint', form.get('login_hint'), this.#fixture.instance);
  }

  async #checkAccounts(tokens: TokenSet): Promise<void> {
    const { identify } = this.#options;
    if (!identify) return;
    const getJson = createGetJson(this.platform.egress, systemClock, () => this.#protocol);
    const { accounts } = await identify(getJson, this.#app, tokens, async () => {});
    const facts = ({ id, type, name, username, picture, url }: (typeof accounts)[number]) =>
      JSON.stringify({ id, type, name, username, picture, url });
    const expected = this.#fixture.accounts as typeof accounts;
    this.#expect('the accounts', accounts.map(facts), expected.map(facts));
  }

  async #refuseCallback(what: string, callback: Record<string, string>, code: string): Promise<void> {
    const before = this.platform.sent.length;
    const input = this.#inputOf({ ...callback, state });
    const thrown = await this.#protocol.checkCallback(this.#app, input).catch((error: unknown) => error);
    this.#expect(`${what}: the callback's error`, isEvergrantError(thrown) ? thrown.code : String(thrown), code);
    this.#expect(`${what}: requests sent`, this.platform.sent.length - before, 0);
  }

  #inputOf(parameters: Record<string, string>): ExchangeInput {
    const { redirectUri } = this.#app;
    return { parameters: new URLSearchParams(parameters), state, secrets: this.#secrets, redirectUri };
  }

  #forms() {
    return this.platform.sent.filter(({ method }) => method === 'POST');
  }

  #tokensOf(what: string, verdict: Verdict): TokenSet | null {
    if (verdict.kind === 'tokens') return verdict.tokens;
    this.violations.push(`${what}: expected tokens, got ${verdict.kind} (${verdict.error.message})`);
    return null;
  }

  #expect(what: string, actual: unknown, expected: unknown): void {
    const [is, must] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (is !== must) this.violations.push(`${what}: expected ${must}, got ${is}`);
  }
}

const proofOf = (proof = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString() || '{}') as Record<string, unknown>;

const sorted = (scopes: string[] | null): string[] | null => scopes && [...scopes].sort();

import type { Egress } from '../egress/types.ts';
import { isEvergrantError } from '../errors/index.ts';
import { classify } from '../protocols/errors.ts';
import { createGetJson, type GetJson } from '../protocols/get-json.ts';
import { tokenSecretOf, withTokenSecret } from '../protocols/oauth1/token-secret.ts';
import { createRegister } from '../protocols/oauth2/register.ts';
import type { App, ExchangeInput, FlowSecrets, Protocol, TokenSet, Verdict } from '../protocols/types.ts';
import type {
  Account,
  AccountFacts,
  AnyDefinition,
  AtprotoProtocol,
  ErrorClass,
  OAuth2Protocol,
  ProviderDefinition,
} from '../providers/define.ts';
import type { ExpectedTokens, FixtureAnswer, ProviderFixture } from '../providers/fixture.ts';
import { systemClock } from '../telemetry/clock.ts';
import { Secret } from '../telemetry/secret.ts';
import { playAtproto } from './contract-atproto.ts';
import { sampleRequestToken, signatureFaults } from './contract-oauth1.ts';
import { checkDefinition, offersRevocation } from './definition-check.ts';
import { ScriptedPlatform, toRawAnswer } from './scripted-platform.ts';

/** What `connections/` does after the exchange: who the person is, which accounts there are, what was granted. */
export type Identify = (
  getJson: GetJson,
  app: App,
  tokens: TokenSet,
  pause?: (milliseconds: number) => Promise<void>,
) => Promise<{ person: AccountFacts; accounts: Account[]; grantedScopes: string[] | null }>;

export interface ContractOptions {
  /** The implementation under which the definition must work, e.g. `(egress) => createOAuth2(egress, …)`. */
  createProtocol: (egress: Egress) => Protocol;
  /** Without it the accounts are not checked. */
  identify?: Identify;
}

type ErrorSample = ProviderFixture['errors'][number];
type TokenPhase = 'exchange' | 'refresh';

/** 32 random bytes as base64url, which is what a flow sends. */
const state = 'S'.repeat(43);

/** What a class says about the credential that was presented; a missing scope ends it like a refusal. */
const verdictsOf: Record<ErrorClass, Verdict['kind'][]> = {
  'refresh-token': ['rejected'],
  reconnect: ['rejected'],
  'missing-scope': ['rejected'],
  'app-misconfigured': ['misconfigured'],
  'rate-limit': ['not_processed'],
  retry: ['ambiguous', 'not_processed'],
  'bad-body': ['ambiguous', 'not_processed'],
};

/**
 * Plays a provider's fixture through a protocol: consent, exchange, upgrade, identification, renewal, refusal, revocation
 * and every sample of an error. No network is used. It holds for a definition of one's own as for a built-in one.
 *
 * @returns one sentence for each violation; empty when the definition keeps the contract
 */
export const checkProvider = async (
  definition: AnyDefinition,
  fixture: ProviderFixture,
  options: ContractOptions,
): Promise<string[]> => {
  if (definition.protocol.kind === 'atproto') {
    const played = await playAtproto(definition as ProviderDefinition<AtprotoProtocol>, fixture, options);
    return [...checkDefinition(definition), ...played];
  }
  const run = new ContractRun(definition, fixture, options);
  for (const step of ['register', 'connect', 'readVariants', 'renew', 'refuse', 'revoke', 'classifyErrors'] as const) {
    await run[step]().catch((error: unknown) => run.violations.push(`${step}: ${String(error)}`));
  }
  return [...checkDefinition(definition), ...run.violations, ...run.platform.violations];
};

class ContractRun {
  readonly violations: string[] = [];
  readonly platform: ScriptedPlatform;
  readonly #definition: AnyDefinition;
  readonly #fixture: ProviderFixture;
  readonly #identify: Identify | undefined;
  readonly #app: App;
  readonly #protocol: Protocol;
  /** Of the flow that was begun last. */
  #secrets: FlowSecrets = {};

  constructor(definition: AnyDefinition, fixture: ProviderFixture, options: ContractOptions) {
    this.#definition = definition;
    this.#fixture = fixture;
    this.#identify = options.identify;
    this.#app = appOf(definition);
    const { variables } = this.#app;
    const fill = (url: string) => url.replace(/\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole);
    this.platform = new ScriptedPlatform(
      Object.fromEntries(Object.entries(fixture.get).map(([url, answer]) => [fill(url), answer])),
    );
    this.#protocol = options.createProtocol(this.platform.egress);
    this.#expect('the provider of the fixture', fixture.provider, definition.id);
  }

  async register(): Promise<void> {
    const { registration } = this.#definition.instance ?? {};
    const { registration: answer } = this.#fixture;
    this.#expect('a sample of a registration', answer !== undefined, registration !== undefined);
    if (!registration || !answer) return;
    this.platform.script(answer);
    const register = createRegister(this.platform.egress, systemClock);
    const { clientId, clientSecret } = await register(this.#app, registration, 'https://app.example');
    const { body, url } = this.platform.sent.at(-1)!;
    const sent = JSON.stringify([url, decodeURIComponent((body ?? '').replaceAll('+', ' '))]);
    for (const part of [this.#app.variables['instance']!, this.#app.redirectUri, ...this.#app.scopes]) {
      this.#expect(`${part} in the registration`, sent.includes(part), true);
    }
    this.#expect('credentials of a registration', [clientId !== '', clientSecret.reveal() !== ''], [true, true]);
  }

  async connect(): Promise<void> {
    const { exchange, upgrade, expected } = this.#fixture;
    const input = this.#inputOf(await this.#consent());
    await this.#protocol.checkCallback(this.#app, input);

    this.platform.script(exchange);
    const answer = await this.#protocol.sendExchange(this.#app, input);
    this.#checkSignature('the exchange', this.#secrets.requestToken?.secret);
    const first = this.#tokensOf('exchange', await this.#protocol.read(this.#app, 'exchange', answer));
    if (!first) return;
    this.platform.script(...(upgrade ? [upgrade] : []));
    const upgraded = await this.#protocol.sendUpgrade(this.#app, first);
    this.#expect('an upgrade is sent', upgraded !== null, upgrade !== undefined);
    const tokens = upgraded
      ? this.#tokensOf('upgrade', await this.#protocol.read(this.#app, 'exchange', upgraded))
      : first;
    if (!tokens) return;
    this.#compareTokens('exchange', tokens, expected);
    if (this.#identify) await this.#checkAccounts(this.#identify, tokens);
  }

  async readVariants(): Promise<void> {
    for (const { note, exchange, expected } of this.#fixture.variants ?? []) {
      const verdict = await this.#protocol.read(this.#app, 'exchange', toRawAnswer(exchange));
      const tokens = this.#tokensOf(note, verdict);
      if (tokens) this.#compareTokens(note, tokens, expected);
    }
  }

  async renew(): Promise<void> {
    const { refresh } = this.#fixture;
    if (!refresh) {
      this.#expect('refresh.supported, without a sample of a renewal', this.#definition.refresh?.supported, false);
      return;
    }
    this.platform.script(refresh);
    const before = this.platform.sent.length;
    const sentWhenReady: number[] = [];
    const ready = () => void sentWhenReady.push(this.platform.sent.length);
    const credential = { refreshToken: 'SAMPLE_OLD_RT', accessToken: 'SAMPLE_OLD_AT', scopes: [], extra: {} };
    const answer = await this.#protocol.sendRenewal(this.#app, credential, ready);
    this.#expect('requests sent when beforeSend is called', sentWhenReady, [before]);
    this.#expect('requests of a renewal', this.platform.sent.length - before, 1);
    this.#tokensOf('refresh', await this.#protocol.read(this.#app, 'refresh', answer));
  }

  async refuse(): Promise<void> {
    const { denied, deniedWithoutState } = this.#fixture.callback;
    await this.#refuseCallback('the refusal', denied, 'consent_denied', deniedWithoutState ? {} : { state });
  }

  async revoke(): Promise<void> {
    const offered = offersRevocation(this.#definition);
    const credentials = { accessToken: 'SAMPLE_AT', refreshToken: 'SAMPLE_RT', extra: sampleSecret };
    const done = { status: 200, body: {} };
    this.platform.script(...(offered ? [done, done] : []));
    const result = await this.#protocol.revoke(this.#app, credentials);
    this.platform.script();
    if (offered) this.#checkSignature('the revocation', tokenSecretOf(sampleSecret));
    this.#expect('revocation', result, offered ? 'revoked' : 'unsupported');
  }

  async classifyErrors(): Promise<void> {
    for (const sample of this.#fixture.errors) {
      const { phase, status, body, headers, path, is, error } = sample;
      const what = `${phase} ${status} ${JSON.stringify(body)}`;
      const found = classify(this.#definition, phase, { status, headers, body, path });
      this.#expect(what, found?.class ?? null, is);
      if (error) this.#expect(`${what}: code`, found?.error, error);
      if (phase === 'authorize' && error) await this.#refuseCallback(what, body as Record<string, string>, error);
      if (phase === 'exchange' || phase === 'refresh') await this.#checkVerdict(what, sample, phase);
    }
  }

  /** Sends the person to the platform. @returns what the platform sends back with one who consented */
  async #consent(): Promise<Record<string, string>> {
    const { protocol } = this.#definition;
    const { granted } = this.#fixture.callback;
    if (protocol.kind !== 'oauth1') {
      await this.#authorize(protocol as OAuth2Protocol);
      return { code: 'SAMPLE/CODE*1', state, ...granted };
    }
    const { requestToken } = this.#fixture;
    if (!requestToken) throw new Error('the fixture has no sample of a request token');
    this.platform.script(requestToken);
    const { redirectUri } = this.#app;
    const request = { state, scopes: [], redirectUri, instance: null, reconnect: false };
    const { url, handle, secrets } = await this.#protocol.authorize(this.#app, request);
    this.platform.checkUrl('the authorization request', url);
    this.#checkSignature('the request for a request token', '', { oauth_callback: redirectUri });
    this.#expect('oauth_token', new URL(url).searchParams.get('oauth_token'), sampleRequestToken);
    this.#expect('the handle', handle, sampleRequestToken);
    this.#secrets = secrets;
    return { oauth_token: sampleRequestToken, oauth_verifier: 'SAMPLE/VERIFIER*1', ...granted };
  }

  async #authorize(protocol: OAuth2Protocol): Promise<void> {
    const { scopes } = this.#definition;
    const asked = [...scopes.required, ...(scopes.optional ?? [])];
    const { redirectUri, variables, clientId } = this.#app;
    const input = { state, scopes: asked, redirectUri, instance: variables['instance'] ?? null };
    const request = await this.#protocol.authorize(this.#app, { ...input, reconnect: false });
    this.platform.checkUrl('the authorization request', request.url);
    const sent = new URL(request.url).searchParams;
    const idParameter = protocol.authorizationClientIdParameter ?? protocol.clientIdParameter ?? 'client_id';
    this.#expect('state', sent.get('state'), state);
    this.#expect('redirect_uri', sent.get('redirect_uri'), redirectUri);
    this.#expect('the client id', sent.get(idParameter), clientId);
    this.#expect('a code challenge', sent.has('code_challenge'), protocol.pkce !== 'none');
    this.#expect('scope', sent.get(scopes.parameter ?? 'scope'), asked.join(scopes.separator ?? ' '));
    const again = new URL((await this.#protocol.authorize(this.#app, { ...input, reconnect: true })).url).searchParams;
    for (const [name, value] of Object.entries(protocol.reconnectParameters ?? {})) {
      this.#expect(`${name} at a reconnect`, again.get(name), value);
      this.#expect(`${name} at the first time`, sent.get(name), protocol.authorizationParameters?.[name] ?? null);
    }
    this.#secrets = request.secrets;
  }

  #inputOf(parameters: Record<string, string>): ExchangeInput {
    const { redirectUri } = this.#app;
    return { parameters: new URLSearchParams(parameters), state, secrets: this.#secrets, redirectUri };
  }

  /** Where requests are signed, the last one that was sent must be. */
  #checkSignature(what: string, secret = '', parameters: Record<string, string> = {}): void {
    if (this.#definition.protocol.kind !== 'oauth1') return;
    const faults = signatureFaults(this.platform.sent.at(-1)!, 'contract-secret', secret, parameters);
    this.violations.push(...faults.map((fault) => `${what}: ${fault}`));
  }

  #compareTokens(what: string, tokens: TokenSet, expected: ExpectedTokens): void {
    const { expiresIn, scopes, refreshToken, refreshExpiresIn } = tokens;
    this.#expect(`${what}: expiresIn`, expiresIn, expected.expiresIn);
    this.#expect(`${what}: scopes`, sorted(scopes), sorted(expected.scopes));
    this.#expect(`${what}: a refresh token`, refreshToken !== null, expected.refreshToken);
    if (expected.refreshExpiresIn !== undefined) {
      this.#expect(`${what}: refreshExpiresIn`, refreshExpiresIn, expected.refreshExpiresIn);
    }
  }

  async #checkAccounts(identify: Identify, tokens: TokenSet): Promise<void> {
    this.platform.script(...this.#falseAlarms());
    const getJson = createGetJson(this.platform.egress, systemClock, () => this.#protocol);
    const { accounts, grantedScopes } = await identify(getJson, this.#app, tokens, async () => {});
    this.#checkSignature('the request of an account', tokenSecretOf(tokens.extra));
    const { accounts: expected, grantedScopes: granted } = this.#fixture;
    const idsOf = (list: { id: string }[]) => list.map(({ id }) => id);
    this.#expect('the accounts', idsOf(accounts), idsOf(expected));
    for (const [index, { id, type, name, username, picture, ownToken, url }] of expected.entries()) {
      const account = accounts[index];
      this.#expect(
        `account ${id}`,
        [account?.type, account?.name, account?.username, account?.picture, account?.token !== undefined],
        [type, name, username, picture, ownToken],
      );
      if (url !== undefined) this.#expect(`account ${id}: url`, account?.url, url);
    }
    if (granted) this.#expect('the granted scopes', sorted(grantedScopes), sorted(granted));
  }

  /** What the first profile calls answer where the platform is known to refuse a brand-new token. */
  #falseAlarms(): FixtureAnswer[] {
    const { retry } = this.#definition.profile;
    if (!retry) return [];
    const alarm = this.#fixture.errors.find(
      (sample) => sample.phase === 'api' && classify(this.#definition, 'api', sample)?.code === retry.code,
    );
    if (!alarm) this.violations.push(`the fixture has no sample of ${retry.code}, which profile.retry names`);
    return alarm ? retry.pausesMs.map(() => alarm) : [];
  }

  /** The callback is refused with that code, and nothing is sent. */
  async #refuseCallback(
    what: string,
    callback: Record<string, string>,
    code: string,
    returned: Record<string, string> = { state },
  ): Promise<void> {
    const before = this.platform.sent.length;
    const input = this.#inputOf({ ...callback, ...returned });
    const thrown = await this.#protocol.checkCallback(this.#app, input).catch((error: unknown) => error);
    this.#expect(`${what}: the callback's error`, isEvergrantError(thrown) ? thrown.code : String(thrown), code);
    this.#expect(`${what}: requests sent`, this.platform.sent.length - before, 0);
  }

  async #checkVerdict(what: string, sample: ErrorSample, phase: TokenPhase): Promise<void> {
    const { kind } = await this.#protocol.read(this.#app, phase, toRawAnswer(sample));
    const kinds = sample.is ? verdictsOf[sample.is] : ['tokens'];
    if (!kinds.includes(kind)) this.violations.push(`${what}: expected ${kinds.join(' or ')}, got ${kind}`);
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

/** What beside the token signs a request. */
const sampleSecret = withTokenSecret({}, 'SAMPLE_SECRET');

const appOf = (definition: AnyDefinition): App => ({
  provider: definition.id,
  clientId: 'contract-client',
  clientSecret: new Secret('contract-secret'),
  definition,
  scopes: definition.scopes.required,
  origins: {},
  trustedOrigins: new Set(),
  redirectUri: `https://app.example/integrations/social/${definition.id}`,
  variables: { ...definition.options, ...(definition.instance ? { instance: 'social.example' } : {}) },
});

const sorted = (scopes: string[] | null): string[] | null => scopes && [...scopes].sort();

import { type Identity, identify } from '../../connections/identify.ts';
import { createGetJson } from '../../protocols/get-json.ts';
import { createOAuth2 } from '../../protocols/oauth2/index.ts';
import type { App, RenewInput, TokenSet, Verdict } from '../../protocols/types.ts';
import { systemClock } from '../../telemetry/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { Secret } from '../../telemetry/secret.ts';
import { ScriptedPlatform, toRawAnswer } from '../../testing/contract/scripted-platform.ts';
import type { ProviderDefinition } from '../define.ts';
import type { FixtureAnswer, ProviderFixture } from '../fixture.ts';

const logger: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

export const credentials: RenewInput = {
  refreshToken: 'SAMPLE_RT',
  accessToken: 'SAMPLE_AT',
  scopes: [],
  extra: {},
};

/** A token of which only itself is known. */
export const tokens = { accessToken: 'SAMPLE_AT', scopes: null, extra: {} };

/** A built-in provider whose requests are seen and answered from its fixture, or as scripted. */
export const setUp = (
  definition: ProviderDefinition,
  fixture: ProviderFixture,
  clientSecret: Secret | null = new Secret('s3cret'),
) => {
  const app: App = {
    provider: definition.id,
    clientId: 'client-1',
    clientSecret,
    definition,
    scopes: definition.scopes.required,
    origins: {},
    trustedOrigins: new Set(),
    redirectUri: `https://app.example/integrations/social/${definition.id}`,
    variables: { ...definition.options },
  };
  const platform = new ScriptedPlatform(fixture.get);
  const protocol = createOAuth2(platform.egress, { clock: systemClock, logger });
  const getJson = createGetJson(platform.egress, systemClock, () => protocol);
  const last = () => {
    const request = platform.sent.at(-1)!;
    const form = Object.fromEntries(new URLSearchParams(request.body));
    const json: unknown = request.body?.startsWith('{') ? JSON.parse(request.body) : null;
    return { ...request, form, json, query: Object.fromEntries(new URL(request.url).searchParams) };
  };
  return { app, platform, protocol, getJson, last };
};

type World = ReturnType<typeof setUp>;

/** Base64 of `client-1:s3cret`, as it stands. */
export const basic = `Basic ${btoa('client-1:s3cret')}`;

/** The state of every flow here. */
export const state = 's'.repeat(43);

/**
 * Sends the code; `last()` is then the token request.
 *
 * @param callback what the callback carries beside code and state
 * @returns the authorization request
 */
export const exchange = async (
  { app, platform, protocol }: World,
  answer: FixtureAnswer,
  callback: Record<string, string> = {},
): Promise<URL> => {
  const { redirectUri } = app;
  const input = { state, scopes: app.scopes, redirectUri, reconnect: false, instance: null };
  const { url, secrets } = await protocol.authorize(app, input);
  platform.script(answer);
  const parameters = new URLSearchParams({ code: 'CODE', state, ...callback });
  await protocol.sendExchange(app, { parameters, state, secrets, redirectUri });
  return new URL(url);
};

/** Sends a renewal; `last()` is then the request. */
export const renew = async (
  { app, platform, protocol }: World,
  answer: FixtureAnswer,
  changes: Partial<RenewInput> = {},
): Promise<Verdict> => {
  platform.script(answer);
  return protocol.read(app, 'refresh', await protocol.sendRenewal(app, { ...credentials, ...changes }, () => {}));
};

/** What is read of an answer to the code. */
export const tokensOf = async ({ app, protocol }: World, answer: FixtureAnswer): Promise<TokenSet> => {
  const verdict = await protocol.read(app, 'exchange', toRawAnswer(answer));
  if (verdict.kind !== 'tokens') throw verdict.error;
  return verdict.tokens;
};

/** Whose token an answer to the code brought, and which accounts it reaches. */
export const identityOf = async (world: World, answer: FixtureAnswer): Promise<Identity> =>
  identify(world.getJson, world.app, await tokensOf(world, answer));

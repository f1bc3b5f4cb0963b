import { isEvergrantError } from '../../errors/index.ts';
import { newKey } from '../../protocols/atproto/index.ts';
import { createSpeech } from '../../protocols/index.ts';
import { withTokenSecret } from '../../protocols/oauth1/token-secret.ts';
import type { App, ExchangeInput, FlowSecrets, Protocol, TokenSet, Verdict } from '../../protocols/types.ts';
import type { AnyDefinition } from '../../providers/define.ts';
import type { ProviderFixture } from '../../providers/fixture.ts';
import { systemClock } from '../../telemetry/clock.ts';
import { silentLogger } from '../../telemetry/log.ts';
import { Secret } from '../../telemetry/secret.ts';
import { Findings } from './findings.ts';
import { ScriptedPlatform } from './scripted-platform.ts';

/** 32 random bytes as base64url, which is what a flow sends. */
export const state = 'S'.repeat(43);

/** Both read differently where they are form-encoded, which is how two kinds of Basic are told apart. */
export const client = { id: 'contract-client', secret: 'contract/secret+1' };

/** The credentials that are renewed and revoked, and what beside the token signs a request. */
export const sample = {
  accessToken: 'SAMPLE_OLD_AT',
  refreshToken: 'SAMPLE_OLD_RT',
  extra: withTokenSecret({}, 'SAMPLE_SECRET'),
};

/** A definition that is played step by step against its fixture, without a network. */
export interface Scene {
  definition: AnyDefinition;
  fixture: ProviderFixture;
  app: App;
  platform: ScriptedPlatform;
  speech: ReturnType<typeof createSpeech>;
  protocol: Protocol;
  findings: Findings;
  /** Of the flow that was begun last. */
  secrets: FlowSecrets;
  /** What the grant keeps of that flow. */
  extra: Record<string, string>;
}

/** @param scripts which requests get what is scripted */
export const createScene = (
  definition: AnyDefinition,
  fixture: ProviderFixture,
  scripts: 'all' | 'POST' = 'all',
): Scene => {
  const app = appOf(definition);
  const { variables } = app;
  const fill = (url: string) => url.replace(/\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole);
  const platform = new ScriptedPlatform(
    Object.fromEntries(Object.entries(fixture.get).map(([url, answer]) => [fill(url), answer])),
    scripts,
  );
  const key = newKey();
  const tools = { clock: systemClock, logger: silentLogger, clientKey: async () => key, resolveTxt: async () => [] };
  const speech = createSpeech(platform.egress, tools);
  const protocol = speech.protocolOf(app);
  const findings = new Findings();
  findings.expect('the provider of the fixture', fixture.provider, definition.id);
  return { definition, fixture, app, platform, speech, protocol, findings, secrets: {}, extra: {} };
};

const appOf = (definition: AnyDefinition): App => {
  const isPublished = definition.protocol.kind === 'atproto';
  return {
    provider: definition.id,
    clientId: isPublished ? 'https://app.example/client-metadata.json' : client.id,
    clientSecret: isPublished ? null : new Secret(client.secret),
    definition,
    scopes: definition.scopes.required,
    origins: {},
    trustedOrigins: new Set(),
    redirectUri: `https://app.example/integrations/social/${definition.id}`,
    variables: {
      ...definition.options,
      ...(definition.instance && !isPublished ? { instance: 'social.example' } : {}),
    },
  };
};

/** What the callback with these parameters is exchanged by. */
export const inputOf = ({ app, secrets }: Scene, parameters: Record<string, string>): ExchangeInput => ({
  parameters: new URLSearchParams(parameters),
  state,
  secrets,
  redirectUri: app.redirectUri,
});

/** The tokens of an answer that must have some. */
export const tokensOf = ({ findings }: Scene, what: string, verdict: Verdict): TokenSet | null => {
  if (verdict.kind === 'tokens') return verdict.tokens;
  findings.say(`${what}: expected tokens, got ${verdict.kind} (${verdict.error.message})`);
  return null;
};

/** A callback must be refused with that code, and nothing be sent. */
export const refuseCallback = async (
  scene: Scene,
  what: string,
  callback: Record<string, string>,
  code: string,
  returned: Record<string, string> = { state },
): Promise<void> => {
  const { app, platform, protocol, findings } = scene;
  const before = platform.sent.length;
  const input = inputOf(scene, { ...callback, ...returned });
  const thrown = await protocol.checkCallback(app, input).catch((error: unknown) => error);
  findings.expect(`${what}: the callback's error`, isEvergrantError(thrown) ? thrown.code : String(thrown), code);
  findings.expect(`${what}: requests sent`, platform.sent.length - before, 0);
};

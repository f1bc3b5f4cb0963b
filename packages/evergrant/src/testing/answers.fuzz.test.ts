import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EvergrantError, isEvergrantError } from '../errors/index.ts';
import { toProblem } from '../errors/problem.ts';
import { configuredApps } from '../grants/apps.ts';
import { createSpeech } from '../protocols/index.ts';
import table from '../protocols/oauth2/token-answers.json' with { type: 'json' };
import type { App } from '../protocols/types.ts';
import { builtinProviders } from '../providers/builtin.ts';
import { providerFixtures } from '../providers/fixtures.ts';
import { createCatalogue } from '../providers/load.ts';
import { parseSettings } from '../settings/index.ts';
import { silentLogger } from '../telemetry/log.ts';
import { Secret } from '../telemetry/secret.ts';
import { toRawAnswer } from './contract/scripted-platform.ts';
import { jsonWith, mangled, nastyText, seedOf } from './fuzz.test-support.ts';
import { createManualClock } from './manual-clock.ts';

/* Whatever a platform sends, reading it ends in a verdict, and no verdict says more than it may. */

const seed = seedOf('token answers and callbacks');

const ids = Object.keys(builtinProviders);
const app = { clientId: 'client', clientSecret: 'canary-client-secret-7d1e5' };
const { settings } = parseSettings(
  { publicUrl: 'https://connect.example', providers: Object.fromEntries(ids.map((id) => [id, app])) },
  {},
  { builtins: ids },
);
const nothing = () => Promise.reject(new Error('Reading sends nothing'));
const speech = createSpeech(
  { send: nothing, close: async () => {} },
  { clock: createManualClock(), logger: silentLogger, clientKey: nothing },
);
const configured = configuredApps(createCatalogue(builtinProviders, settings.providers), settings.publicUrl);
const appOf = (id: string): App => ({
  ...configured.get(id)!.settings,
  clientId: app.clientId,
  clientSecret: new Secret(app.clientSecret),
});

/** Stand in the answers where tokens stand, and nowhere else. */
const canaries = [
  'canary-access-2c4f80b19d6e77',
  'canary-refresh-8e57a3c2f1b09',
  'canary-id-token-3b1f0',
  app.clientSecret,
];

const leaksOf = (told: unknown): string[] => {
  const text = typeof told === 'string' ? told : JSON.stringify(told);
  return canaries.filter((canary) => text.includes(canary.slice(0, 20)));
};

const expectOurs = (error: unknown): void => {
  if (!isEvergrantError(error)) throw error;
  expect(error.code).not.toBe('internal');
  expect(leaksOf([error.message, error.stack, toProblem(error as EvergrantError, settings.publicUrl)])).toEqual([]);
};

const names = [
  ...['access_token', 'refresh_token', 'token_type', 'expires_in', 'scope', 'id_token', 'error', 'error_description'],
  ...[
    'data',
    'authed_user',
    'ok',
    'code',
    'message',
    'error_code',
    'error_type',
    'error_subcode',
    'open_id',
    'user_id',
  ],
];

const secretMembers = fc.record(
  {
    access_token: fc.constantFrom(canaries[0], [canaries[0]], { value: canaries[0] }),
    refresh_token: fc.constantFrom(canaries[1], [canaries[1]]),
    id_token: fc.constantFrom(canaries[2], `${canaries[2]}.e30.x`, [canaries[2]]),
    token_type: fc.oneof(fc.constantFrom('Bearer', 'bearer', 'mac', ''), jsonWith(names)),
    expires_in: fc.oneof(fc.constantFrom(3600, '3600', 0, -1, 1e308, '1e3', '0x10'), jsonWith(names)),
    scope: fc.oneof(fc.constantFrom('a b', 'a,b', ['a', 'b'], ''), jsonWith(names)),
  },
  { requiredKeys: [] },
);

const recorded: string[] = [
  ...table.cases.map(({ body }) => body),
  ...Object.values(providerFixtures).flatMap(({ exchange, refresh, upgrade, variants = [], errors }) =>
    [exchange, refresh, upgrade, ...variants.map((variant) => variant.exchange), ...errors].flatMap((answer) =>
      answer ? [toRawAnswer({ status: answer.status, body: answer.body }).body] : [],
    ),
  ),
];

const formOf = (members: Record<string, string>): string => new URLSearchParams(members).toString();

const withMembers = (more: unknown, members: object): string => {
  const isObject = typeof more === 'object' && more !== null && !Array.isArray(more);
  return JSON.stringify({ ...(isObject ? more : { data: more }), ...members });
};

const deep = ['['.repeat(50_000), `{"a":${'['.repeat(50_000)}`];

const bodies = fc.oneof(
  { weight: 30, arbitrary: mangled(fc.constantFrom(...recorded)) },
  { weight: 30, arbitrary: fc.tuple(jsonWith(names), secretMembers).map((parts) => withMembers(...parts)) },
  { weight: 10, arbitrary: jsonWith(names).map((value) => JSON.stringify(value)) },
  { weight: 10, arbitrary: fc.dictionary(fc.constantFrom(...names), nastyText).map(formOf) },
  { weight: 10, arbitrary: nastyText },
  fc.constantFrom(...deep, '\ufeff{}', '{"access_token":"a","access_token":"b"}'),
);

const answers = fc.record({
  status: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(200, 201, 400, 401, 403, 429, 500, 503) },
    fc.integer({ min: 100, max: 599 }),
  ),
  headers: fc.dictionary(
    fc.constantFrom('content-type', 'retry-after', 'date'),
    fc.oneof(
      fc.constantFrom('application/json', 'text/html', 'application/x-www-form-urlencoded', '30', ''),
      nastyText,
    ),
  ),
  body: bodies,
});

describe('what platforms send', () => {
  it('has an app at every built-in platform', () => expect(configured.size).toBe(ids.length));

  it('is read into a verdict, 40,000 token answers', { timeout: 120_000 }, async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ids),
        fc.constantFrom('exchange', 'refresh'),
        answers,
        async (id, phase, answer) => {
          const one = appOf(id);
          const verdict = await speech.protocolOf(one).read(one, phase, answer, { requestedScopes: one.scopes });
          seen.add(verdict.kind);
          if (verdict.kind !== 'tokens') return expectOurs(verdict.error);
          const { accessToken, expiresIn, scopes } = verdict.tokens;
          expect(typeof accessToken === 'string' && accessToken !== '').toBe(true);
          expect(expiresIn === null || (Number.isFinite(expiresIn) && expiresIn >= 0)).toBe(true);
          expect(scopes?.every((scope) => scope.trim() !== '') ?? true).toBe(true);
        },
      ),
      { seed, numRuns: 40_000 },
    );
    expect([...seen].sort()).toEqual(['ambiguous', 'misconfigured', 'not_processed', 'rejected', 'tokens']);
  });

  it('is taken or refused, 25,000 callbacks', { timeout: 120_000 }, async () => {
    const state = 'state-of-this-flow';
    const secret = fc.tuple(
      fc.constantFrom('code', 'access_token', 'id_token', 'refresh_token'),
      fc.constant(canaries[0]!),
    );
    const shown = fc.tuple(
      fc.oneof(fc.constantFrom('state', 'iss', 'error', 'error_description', 'code[]', 'state[0]', 'scope'), nastyText),
      fc.oneof(fc.constantFrom(state, 'access_denied', 'server_error', 'https://acme.example'), nastyText),
    );
    const pairs = fc.array(fc.oneof(secret, shown), { maxLength: 6 });
    const issuer = 'https://acme.example';
    const secrets = {
      verifier: 'v',
      requestToken: { token: 'request-token', secret: canaries[1]! },
      carried: { issuer, proofKey: canaries[2]! },
    };
    const good = fc.constantFrom<[string, string][]>(
      [],
      [['state', state]],
      [
        ['code', 'c'],
        ['state', state],
        ['iss', issuer],
      ],
      [
        ['oauth_token', 'request-token'],
        ['oauth_verifier', 'v'],
      ],
    );
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ids), good, pairs, async (id, start, more) => {
        const one = appOf(id);
        const parameters = new URLSearchParams([...start, ...more]);
        const input = { parameters, state, secrets, redirectUri: one.redirectUri };
        try {
          await speech.protocolOf(one).checkCallback(one, input);
          taken += 1;
          if (one.definition.protocol.kind !== 'oauth1') expect(parameters.getAll('state')).toEqual([state]);
        } catch (error) {
          expectOurs(error);
        }
      }),
      { seed, numRuns: 25_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});

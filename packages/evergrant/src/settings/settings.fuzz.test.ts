import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonWith, nastyText, seedOf } from '../testing/fuzz.test-support.ts';
import type { EvergrantConfig } from './config.ts';
import { parseSettings, SettingsError } from './index.ts';
import { variableNames } from './parse.ts';

/* Whatever stands in files and environment: settings come out, or one error that names the faults and no secret. */

const seed = seedOf('settings');

const canary = 'canary-9f0c51d7a2';
const builtins = ['acme', 'acme-pages', 'x-oauth1'];

/** Texts that are meant, or nearly meant, for some setting. */
const nearly = fc.constantFrom(
  ...[
    'https://connect.example.com',
    'http://localhost:3000/base/',
    'http://example.com',
    'ftp://x',
    'https://a b',
    '//x',
  ],
  ...['127.0.0.1', '::1', '0', '70000', '3000', 'sqlite::memory:', 'sqlite:', 'mysql://x', 'on', 'off', 'maybe'],
  ...['embedded', 'temporal', 'debug', 'public', '10.0.0.0/8', '1.2.3.4/99', 'token_read=5', 'token_read=-1,x=2', ','],
);

/** What stands in settings that hold secrets, rightly written or not. */
const secretText = fc.constantFrom(
  ...[
    canary,
    ` ${canary} `,
    `k1:${canary}`,
    `k1:${btoa(canary.repeat(3)).slice(0, 43)}=`,
    `eg_${canary.repeat(3)}`,
    `${canary},`,
  ],
  ...[
    `postgres://user:${canary}@host/db`,
    `postgres://:${canary}@`,
    `mysql://u:${canary}@h`,
    `postgres://h/d?password=${canary}`,
  ],
);

const secretNames = ['EVERGRANT_API_KEY', 'ENCRYPTION_KEYS', 'ACME_CLIENT_SECRET', 'X_API_SECRET', 'DATABASE_URL'];
const plainNames = [
  ...variableNames,
  'ACME_CLIENT_ID',
  'ACME_PAGES_CLIENT_ID',
  'ACME_SCOPES',
  'ACMEE_CLIENT_ID',
  'X_API_KEY',
];

const hostileEnvironments = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...plainNames), fc.oneof(nearly, nastyText), { maxKeys: 5 }),
    fc.dictionary(fc.constantFrom(...secretNames), fc.constantFrom(canary, ` ${canary} `, `k1:${canary}`), {
      maxKeys: 2,
    }),
  )
  .map(([plain, secret]) => ({ ...plain, ...secret }));

const environments = fc.oneof(fc.constant({}), hostileEnvironments);

const fieldNames = [
  ...['publicUrl', 'backendUrl', 'host', 'port', 'databaseUrl', 'database', 'encryptionKeys', 'returnUrls', 'engine'],
  ...['sandbox', 'logLevel', 'metrics', 'trustedProxies', 'rateLimits', 'providers', 'acme', 'clientId', 'scopes'],
  ...['definition', 'origins', 'options', 'id', 'name', 'protocol', 'kind', 'required', '__proto__', 'constructor'],
];
const anything = jsonWith(fieldNames);
const value = fc.oneof(nearly, fc.array(nearly, { maxLength: 2 }), fc.boolean(), fc.integer(), anything);

const providers = fc.dictionary(
  fc.oneof(fc.constantFrom(...builtins, 'own', '__proto__', 'Not An Id'), nastyText),
  fc.oneof(
    fc.record(
      {
        clientId: value,
        clientSecret: fc.constantFrom<unknown>(canary, [canary], { value: canary }, 1),
        scopes: value,
        origins: fc.oneof(
          anything,
          fc.dictionary(fc.oneof(nearly, nastyText), fc.oneof(nearly, nastyText), { maxKeys: 2 }),
        ),
        definition: anything,
        options: anything,
        redirectUri: value,
      },
      { requiredKeys: [] },
    ),
    anything,
  ),
  { maxKeys: 3 },
);

/** Settings as people mean them, so that what follows them in the reading is reached too. */
const good = fc.record(
  {
    publicUrl: fc.constantFrom('https://connect.example.com', 'http://localhost:3000/base/'),
    host: fc.constantFrom('127.0.0.1', '::1'),
    port: fc.constantFrom(0, 3000),
    databaseUrl: fc.constantFrom('sqlite::memory:', 'sqlite:./x.db'),
    apiKey: fc.constant(`eg_${canary.repeat(3)}`),
    returnUrls: fc.constantFrom([], ['https://app.example.com']),
    engine: fc.constantFrom('embedded', 'none'),
    rateLimits: fc.constant(['token_read=5']),
    providers: fc.dictionary(
      fc.constantFrom(...builtins),
      fc.record(
        {
          clientId: fc.constant('id'),
          clientSecret: fc.constant(canary),
          scopes: fc.constant(['a']),
          origins: fc.constant({ 'https://api.acme.example': 'http://127.0.0.1:4000/x' }),
          definition: fc.dictionary(fc.constantFrom(...fieldNames), anything, { maxKeys: 2 }),
        },
        { requiredKeys: [] },
      ),
      { maxKeys: 2 },
    ),
  },
  { requiredKeys: [] },
);

const configurations = fc.oneof(
  { weight: 5, arbitrary: good },
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.dictionary(fc.constantFrom(...fieldNames.slice(0, 14)), value, { maxKeys: 5 }),
        fc.option(providers, { nil: undefined }),
        fc.dictionary(
          fc.constantFrom('apiKey', 'encryptionKeys', 'databaseUrl', 'database'),
          fc.oneof(
            secretText,
            secretText.map((text) => [text]),
            secretText.map((text) => ({ text })),
          ),
          { maxKeys: 2 },
        ),
      )
      .map(([members, chosen, secrets]) => ({
        ...members,
        ...(chosen === undefined ? {} : { providers: chosen }),
        ...secrets,
      })),
  },
  anything,
);

describe('settings', () => {
  it('come out, or one error that names the faults and no secret, 30,000 times', { timeout: 120_000 }, () => {
    const ends = { settings: 0, faults: 0 };
    fc.assert(
      fc.property(configurations, environments, (config, env) => {
        try {
          const { settings, warnings } = parseSettings(config as EvergrantConfig, env, { builtins });
          ends.settings += 1;
          expect(warnings.join().includes(canary)).toBe(false);
          expect(
            JSON.stringify([
              settings.apiKey,
              settings.encryptionKeys,
              Object.values(settings.providers).map((one) => one.clientSecret),
            ]),
          ).not.toContain(canary);
          expect(Object.isFrozen(settings.providers)).toBe(true);
        } catch (error) {
          if (!(error instanceof SettingsError)) throw error;
          ends.faults += 1;
          expect(error.faults.length).toBeGreaterThan(0);
          expect(error.message).not.toContain(canary);
        }
        expect(({} as Record<string, unknown>)['clientId']).toBeUndefined();
      }),
      { seed, numRuns: 30_000 },
    );
    expect(ends.settings).toBeGreaterThan(500);
    expect(ends.faults).toBeGreaterThan(500);
  });
});

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Secret } from '../telemetry/secret.ts';
import { type EvergrantConfig, normaliseConfig } from './config.ts';
import type { Environment } from './environment.ts';
import { parseSettings, variableNames } from './parse.ts';

const builtins = ['facebook', 'linkedin', 'linkedin-page', 'x', 'x-oauth1'];
const apiKey = 'eg_0123456789abcdef0123456789abcdef';
const key = randomBytes(32).toString('base64');
/** Never to be seen in a message. */
const canary = 'c4n4ry-c4n4ry';

const parse = (env: Environment, config: EvergrantConfig = {}) => parseSettings(config, env, { builtins });
const settingsOf = (env: Environment, config: EvergrantConfig = {}) => parse(env, config).settings;
describe('defaults', () => {
  it('needs nothing', () => {
    expect(parse({})).toEqual({
      settings: {
        publicUrl: 'http://localhost:3000',
        backendUrl: 'http://localhost:3000',
        host: '127.0.0.1',
        port: 3000,
        database: { kind: 'sqlite', path: './data/evergrant.db' },
        encryptionKeys: null,
        keyProviders: {},
        apiKey: null,
        providers: {},
        returnUrls: [],
        engine: 'embedded',
        temporal: {
          payloadCodecs: [],
          taskQueue: 'evergrant',
          version: null,
          shards: 1,
          groups: {},
          worker: true,
          encryptPayloads: false,
          environment: null,
        },
        sandbox: null,
        logLevel: 'info',
        publicMetrics: false,
        dashboard: true,
        trustedProxies: [],
        eventsRetentionDays: 90,
        rateLimits: { flowStart: 1000, callback: 200, tokenRead: 20_000, signIn: 100 },
        branding: { name: null, logo: null, color: null, language: null },
        given: {},
      },
      warnings: [],
    });
  });

  it('takes an empty variable for none', () => {
    expect(settingsOf({ PUBLIC_URL: '', PORT: ' ', LINKEDIN_CLIENT_ID: '' })).toEqual(settingsOf({}));
  });
});

describe('environment', () => {
  it.each([
    [
      { PUBLIC_URL: 'https://connect.example.com/base/' },
      { publicUrl: 'https://connect.example.com/base', port: 3000 },
    ],
    [{ PUBLIC_URL: 'http://127.0.0.1:4100' }, { publicUrl: 'http://127.0.0.1:4100', port: 4100 }],
    [{ PUBLIC_URL: 'http://app.localhost:4100' }, { publicUrl: 'http://app.localhost:4100' }],
    [{ PUBLIC_URL: 'http://[::1]:4100' }, { publicUrl: 'http://[::1]:4100' }],
    [{ FRONTEND_URL: 'https://a.example' }, { publicUrl: 'https://a.example', backendUrl: 'https://a.example' }],
    [{ FRONTEND_URL: 'https://a.example', PUBLIC_URL: 'https://b.example' }, { publicUrl: 'https://b.example' }],
    [
      { BACKEND_URL: 'https://api.example/' },
      { publicUrl: 'http://localhost:3000', backendUrl: 'https://api.example' },
    ],
    [
      { HOST: '0.0.0.0', PORT: '0' },
      { host: '0.0.0.0', port: 0 },
    ],
    [{ HOST: '[::]' }, { host: '::' }],
    [{ DATABASE_URL: 'sqlite::memory:' }, { database: { kind: 'sqlite', path: ':memory:' } }],
    [{ DATABASE_URL: 'sqlite:/var/lib/e.db' }, { database: { kind: 'sqlite', path: '/var/lib/e.db' } }],
    [
      { RETURN_URLS: 'https://a.example, http://localhost:5173,' },
      { returnUrls: ['https://a.example', 'http://localhost:5173'] },
    ],
    [
      { ENGINE: 'none', LOG_LEVEL: 'WARN' },
      { engine: 'none', logLevel: 'warn' },
    ],
    [{ SANDBOX: 'on' }, { sandbox: true }],
    [{ SANDBOX: '1' }, { sandbox: true }],
    [{ SANDBOX: 'false', PUBLIC_URL: 'https://a.example' }, { sandbox: false }],
    [{ METRICS: 'public' }, { publicMetrics: true }],
    [{ DASHBOARD: 'off' }, { dashboard: false }],
    [{ EVENTS_RETENTION_DAYS: '7' }, { eventsRetentionDays: 7 }],
    [{ TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,::1' }, { trustedProxies: ['127.0.0.1', '10.0.0.0/8', '::1'] }],
    [
      { RATE_LIMITS: 'token_read=0.5, sign_in=3' },
      { rateLimits: { flowStart: 1000, callback: 200, tokenRead: 0.5, signIn: 3 } },
    ],
  ])('%o', (env: Environment, expected) => {
    expect(settingsOf(env)).toMatchObject(expected);
  });

  it.each([
    ['postgres', 'db:5432/evergrant'],
    ['postgresql', 'db/evergrant?sslmode=verify-full&sslrootcert=/etc/ca.crt'],
    ['postgres', '/evergrant?host=/run/postgresql'],
  ])('keeps a URL of %s with %s as a secret', (scheme, rest) => {
    const url = `${scheme}://user:${canary}@${rest}`;
    const { database } = settingsOf({ DATABASE_URL: url, ENCRYPTION_KEYS: `k1:${key}` });
    expect(database.kind === 'postgres' && database.url.reveal()).toBe(url);
    expect(JSON.stringify(database)).not.toContain(canary);
  });

  it('reads keys in order', () => {
    const { encryptionKeys } = settingsOf({ ENCRYPTION_KEYS: `k2:${key},k1:${key}` });
    expect(encryptionKeys?.map(({ id }) => id)).toEqual(['k2', 'k1']);
    expect(encryptionKeys?.[0]?.key).toBeInstanceOf(Secret);
  });

  it('reads apps, also of ids with a dash, of the configuration, and by the names that X gives', () => {
    const env = {
      LINKEDIN_CLIENT_ID: 'a',
      LINKEDIN_CLIENT_SECRET: 's',
      LINKEDIN_SCOPES: 'openid, profile email',
      LINKEDIN_PAGE_CLIENT_ID: 'b',
      X_API_KEY: 'c',
      X_API_SECRET: 't',
      X_CLIENT_ID: 'd',
      MY_ACME_CLIENT_ID: 'e',
    };
    const { settings, warnings } = parse(env, { providers: { 'my-acme': { definition: {} } } });
    expect(settings.providers).toMatchObject({
      linkedin: { clientId: 'a', scopes: ['openid', 'profile', 'email'] },
      'linkedin-page': { clientId: 'b' },
      'x-oauth1': { clientId: 'c' },
      x: { clientId: 'd' },
      'my-acme': { clientId: 'e', definition: {} },
    });
    expect(settings.providers['linkedin']?.clientSecret?.reveal()).toBe('s');
    expect(settings.providers['x-oauth1']?.clientSecret?.reveal()).toBe('t');
    expect(settings.providers['facebook']).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('warns of apps that nobody reads', () => {
    expect(parse({ LINKEDN_CLIENT_ID: 'a', AZURE_CLIENT_ID: 'b', FACEBOOK_CLIENT_SECRET: canary }).warnings).toEqual([
      'FACEBOOK_CLIENT_SECRET is set, but FACEBOOK_CLIENT_ID is not',
      'LINKEDN_CLIENT_ID belongs to no known provider and is ignored (did you mean "linkedin"?)',
      'AZURE_CLIENT_ID belongs to no known provider and is ignored',
    ]);
  });

  it('wins over the configuration, value by value', () => {
    const config: EvergrantConfig = {
      publicUrl: 'https://config.example',
      logLevel: 'debug',
      providers: { linkedin: { clientId: 'config', clientSecret: 'config', scopes: ['openid'] } },
    };
    const settings = settingsOf({ FRONTEND_URL: 'https://env.example', LINKEDIN_CLIENT_ID: 'env' }, config);
    expect(settings).toMatchObject({
      publicUrl: 'https://env.example',
      logLevel: 'debug',
      providers: { linkedin: { clientId: 'env', scopes: ['openid'] } },
    });
    expect(settings.providers['linkedin']?.clientSecret?.reveal()).toBe('config');
  });
});

describe('configuration', () => {
  it('holds every setting', () => {
    const settings = settingsOf(
      {},
      {
        apiKey,
        publicUrl: 'https://connect.example/',
        backendUrl: 'https://api.example',
        host: '::',
        port: 0,
        databaseUrl: 'sqlite:e.db',
        encryptionKeys: `k1:${key}`,
        returnUrls: ['https://a.example'],
        engine: 'temporal',
        sandbox: false,
        logLevel: 'silent',
        metrics: 'public',
        trustedProxies: ['10.0.0.1'],
        rateLimits: ['callback=7'],
        providers: {
          linkedin: { clientId: 'a', origins: { 'https://api.linkedin.com/': 'http://127.0.0.1:4000/li/' } },
        },
      },
    );
    expect(settings).toMatchObject({
      publicUrl: 'https://connect.example',
      backendUrl: 'https://api.example',
      host: '::',
      port: 0,
      database: { kind: 'sqlite', path: 'e.db' },
      returnUrls: ['https://a.example'],
      engine: 'temporal',
      sandbox: false,
      logLevel: 'silent',
      publicMetrics: true,
      trustedProxies: ['10.0.0.1'],
      rateLimits: { flowStart: 1000, callback: 7, tokenRead: 20_000, signIn: 100 },
      providers: { linkedin: { origins: { 'https://api.linkedin.com': 'http://127.0.0.1:4000/li' } } },
    });
    expect(settings.apiKey?.reveal()).toBe(apiKey);
  });

  it('says what is wrong also with a value whose constructor has no name', () => {
    const odd = { __proto__: null, constructor: { name: { toString: 1 } } };
    expect(() => normaliseConfig({ publicUrl: odd })).toThrow('publicUrl: must be text, not an object');
  });

  it('takes "database" for "databaseUrl"', () => {
    expect(normaliseConfig({ database: 'sqlite:a.db' })).toEqual({ databaseUrl: 'sqlite:a.db' });
    expect(settingsOf({}, { database: 'sqlite:a.db' }).database).toEqual({ kind: 'sqlite', path: 'a.db' });
    expect(() => normaliseConfig({ database: 'sqlite:a', databaseUrl: 'sqlite:b' })).toThrow(
      'database: is another name of databaseUrl; give only one of them',
    );
  });

  it('is frozen as settings, and left alone as the caller wrote it', () => {
    const config = { returnUrls: ['https://a.example'], providers: { x: { clientId: 'a', options: { host: 'b' } } } };
    const settings = settingsOf({}, config);
    for (const part of [settings, settings.database, settings.returnUrls, settings.providers]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(Object.isFrozen(settings.providers['x']?.options)).toBe(true);
    expect(Object.isFrozen(config.providers.x.options)).toBe(false);
  });
});

it('documents every variable in .env.example, commented out', async () => {
  const example = await readFile(new URL('../../../../.env.example', import.meta.url), 'utf8');
  for (const name of variableNames.filter((name) => name !== 'FRONTEND_URL')) expect(example).toContain(`\n# ${name}=`);
  expect(example).toContain('FRONTEND_URL');
  expect(example.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
});

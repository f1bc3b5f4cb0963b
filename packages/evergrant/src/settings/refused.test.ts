import { describe, expect, it } from 'vitest';
import type { EvergrantConfig } from './config.ts';
import type { Environment } from './environment.ts';
import { SettingsError, shown } from './errors.ts';
import { parseSettings } from './parse.ts';

const builtins = ['linkedin', 'x'];
const apiKey = 'eg_0123456789abcdef0123456789abcdef';
/** Never to be seen in a message. */
const canary = 'c4n4ry-c4n4ry';

const parse = (env: Environment, config: EvergrantConfig = {}) => parseSettings(config, env, { builtins });
const faultsOf = (run: () => unknown): readonly string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('refused environment', () => {
  it.each<[Environment, string]>([
    [
      { PUBLIC_URL: 'http://example.com' },
      'PUBLIC_URL: "http://example.com" must use https, because tokens and codes travel over it. Example: PUBLIC_URL=https://connect.example.com',
    ],
    [{ FRONTEND_URL: 'example.com' }, 'FRONTEND_URL: "example.com" is no absolute URL'],
    [{ PUBLIC_URL: 'ftp://example.com' }, '"ftp://example.com" must use https'],
    [
      { PUBLIC_URL: 'https://example.com?a=b' },
      'PUBLIC_URL: "https://example.com?…" must not have a query or fragment',
    ],
    [{ PUBLIC_URL: 'https://example.com/#' }, 'must not have a query or fragment'],
    [{ PUBLIC_URL: `https://user:${canary}@example.com` }, 'must not contain a user name or password'],
    [{ PUBLIC_URL: 'http://localhost.example.com' }, 'must use https'],
    [{ BACKEND_URL: 'http://10.0.0.1' }, 'BACKEND_URL: "http://10.0.0.1" must use https'],
    [{ HOST: 'http://localhost:3000' }, 'HOST: "http://localhost:3000" is no IP address or host name'],
    [{ PORT: '70000' }, 'PORT: "70000" is no port'],
    [{ APP_COLOR: 'green' }, 'APP_COLOR: "green" is no colour of the form #rrggbb. Example: APP_COLOR=#0b6b4c'],
    [{ APP_LOGO: 'http://www.example.com/logo.png' }, 'must use https; plain http is accepted on loopback only'],
    [{ APP_LOGO: 'data:text/html,x' }, 'APP_LOGO: is a data: URI of something other than'],
    [{ APP_LOGO: './logo.txt' }, 'APP_LOGO: "./logo.txt" is no https address'],
    [{ APP_NAME: 'x'.repeat(81) }, 'APP_NAME: must be at most 80 characters'],
    [{ APP_LANGUAGE: 'fr' }, 'APP_LANGUAGE: "fr" must be one of "en", "de"'],
    [{ PORT: '80a' }, 'Example: PORT=3000'],
    [{ DATABASE_URL: `mysql://u:${canary}@db/e` }, 'DATABASE_URL: must start with "sqlite:", "postgres://" or'],
    [{ DATABASE_URL: `postgres://u:${canary}/@db:x/e` }, 'DATABASE_URL: is no connection URI of PostgreSQL'],
    [{ DATABASE_URL: 'sqlite://data.db' }, 'without the two slashes of a URL. Example: DATABASE_URL=sqlite:./data'],
    [{ DATABASE_URL: 'sqlite:' }, 'names no file after "sqlite:"'],
    [{ DATABASE_URL: `postgres://u:${canary}@db/e` }, 'ENCRYPTION_KEYS: is missing, and with PostgreSQL'],
    [{ ENCRYPTION_KEYS: canary }, 'ENCRYPTION_KEYS: '],
    [{ EVERGRANT_API_KEY: `sk_${canary}` }, 'EVERGRANT_API_KEY: must be "eg_" followed by at least 32'],
    [{ EVERGRANT_API_KEY: `eg_${canary}` }, 'EVERGRANT_API_KEY: must be "eg_" followed by at least 32'],
    [{ EVERGRANT_API_KEY: `${apiKey}+/=` }, 'EVERGRANT_API_KEY: must be "eg_" followed by at least 32'],
    [{ RETURN_URLS: 'https://app.example/done' }, 'is not an exact origin; "https://app.example" was probably meant'],
    [{ RETURN_URLS: 'https://app.example/' }, '"https://app.example" was probably meant'],
    [{ RETURN_URLS: 'https://app.example:443' }, '"https://app.example" was probably meant'],
    [{ RETURN_URLS: 'app.example' }, '"app.example" is no origin; "https://app.example" was probably meant'],
    [{ RETURN_URLS: 'http://app.example' }, '"http://app.example" must use https'],
    [{ RETURN_URLS: 'https://*.example' }, 'is a pattern'],
    [{ RETURN_URLS: 'myapp://done' }, '"myapp://done" must use https'],
    [{ ENGINE: 'embeded' }, '"embeded" must be one of "embedded", "temporal", "none" (did you mean "embedded"?)'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL: "loud" must be one of "trace"'],
    [{ SANDBOX: 'maybe' }, 'SANDBOX: "maybe" must be one of true, on, 1, false, off, 0'],
    [{ SANDBOX: '__proto__' }, 'SANDBOX: "__proto__" must be one of'],
    [{ RATE_LIMITS: 'constructor=1' }, 'RATE_LIMITS: "constructor=1" must name one of'],
    [{ SANDBOX: 'on', PUBLIC_URL: 'https://a.example' }, 'SANDBOX: must be off when PUBLIC_URL is "https://a.example"'],
    [{ EVENTS_RETENTION_DAYS: '0' }, 'EVENTS_RETENTION_DAYS: "0" is no whole number of days'],
    [{ METRICS: 'on' }, 'METRICS: "on" must be "public"'],
    [{ DASHBOARD: 'none' }, 'DASHBOARD: "none" must be one of true, on, 1, false, off, 0'],
  ])('%o', (env, part) => {
    const faults = faultsOf(() => parse(env));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(part);
    expect(faults[0]).not.toContain(canary);
  });
});

describe('refused configuration', () => {
  it.each<[unknown, string]>([
    [[], 'configuration: must be an object, not a list'],
    [{ publicURL: 'https://a.example' }, 'configuration: has no field "publicURL" (did you mean "publicUrl"?)'],
    [
      { publicUrl: 'http://a.example' },
      "must use https, because tokens and codes travel over it. Example: publicUrl: '",
    ],
    [{ port: '3000' }, 'port: must be a number, not text'],
    [{ port: 3.5 }, 'port: "3.5" is no port'],
    [{ apiKey: canary }, 'apiKey: must be "eg_"'],
    [{ apiKey: 5 }, 'apiKey: must be text, not a number'],
    [
      { engine: 'tempural' },
      'engine: "tempural" must be one of "embedded", "temporal", "none" (did you mean "temporal"?)',
    ],
    [{ returnUrls: 'https://a.example' }, 'returnUrls: must be a list, not text'],
    [{ returnUrls: ['https://a.example/x'] }, "Example: returnUrls: ['https://app.example.com']"],
    [
      { providers: { linkedin: { clientID: canary } } },
      'providers.linkedin: has no field "clientID" (did you mean "clientId"?)',
    ],
    [
      { providers: { linkedin: { clientSecret: [canary] } } },
      'providers.linkedin.clientSecret: must be text, not a list',
    ],
    [{ providers: { LinkedIn: {} } }, 'providers.LinkedIn: is no provider id'],
    [
      { providers: { linkedn: { clientId: 'a' } } },
      'providers.linkedn: is no built-in provider (did you mean "linkedin"?)',
    ],
    [{ providers: { x: { definition: 'x' } } }, 'providers.x.definition: must be an object'],
    [
      { providers: { x: { origins: { 'https://api.x.com': 'http://10.0.0.1' } } } },
      'providers.x.origins["https://api.x.com"]: "http://10.0.0.1" must use https; plain http is accepted on loopback only',
    ],
    [{ providers: { x: { origins: { 'api.x.com': 'https://b.example' } } } }, '"api.x.com" is no absolute URL'],
  ])('%o', (config, part) => {
    const faults = faultsOf(() => parse({}, config as EvergrantConfig));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(part);
    expect(faults[0]).not.toContain(canary);
  });

  it('lists every fault of both sources at once', () => {
    const config = { port: 'x', engin: 'none', providers: { linkedn: {} } } as unknown as EvergrantConfig;
    const run = () =>
      parseSettings(config, { PUBLIC_URL: 'http://a.example', SANDBOX: 'on' }, { builtins, configFile: '/etc/e.json' });
    expect(run).toThrow(/^The settings have 4 faults \(configuration file: \/etc\/e\.json\):\n {2}- port: /);
    expect(faultsOf(run).map((fault) => fault.split(':')[0])).toEqual([
      'port',
      'configuration',
      'PUBLIC_URL',
      'providers.linkedn',
    ]);
  });
});

describe('shown', () => {
  it.each([
    ['https://user:c4n4ry@host/path?token=c4n4ry', '"https://…@host/path?…"'],
    ['https://user:c4n4ry/c4n4ry@host', '"https://…@host"'],
    ['user:c4n4ry@host', '"…@host"'],
    ['two\nlines', '"two lines"'],
  ])('makes %o harmless', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });
});

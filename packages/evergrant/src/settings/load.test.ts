import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from './environment.ts';
import { loadSettings } from './load.ts';

const builtins = ['linkedin', 'x', 'x-oauth1'];
const canary = 'c4n4ry-c4n4ry';
const apiKey = 'eg_0123456789abcdef0123456789abcdef';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'evergrant-settings-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const write = (name: string, content: string): Promise<void> => writeFile(join(cwd, name), content);
const load = (env: Environment = {}, configPath?: string) =>
  loadSettings({ env, cwd, builtins, ...(configPath === undefined ? {} : { configPath }) });

describe('configuration file', () => {
  it('may be absent', async () => {
    expect(await load()).toMatchObject({ configFile: null, warnings: [], settings: { port: 3000 } });
  });

  it.each([
    ['evergrant.config.json', '{ "port": 4001 }'],
    ['evergrant.config.mjs', 'export default { port: 4001 };'],
    ['evergrant.config.ts', 'const port: number = 4001;\nexport default { port };'],
  ])('is found as %s', async (name, content) => {
    await write(name, content);
    expect(await load()).toMatchObject({ configFile: join(cwd, name), settings: { port: 4001 } });
    expect((await load({ PORT: '4002' })).settings.port).toBe(4002);
  });

  it('is chosen by --config, then EVERGRANT_CONFIG, then by name', async () => {
    await write('evergrant.config.json', '{ "port": 4001 }');
    await write('a.json', '{ "port": 4002 }');
    await write('b.json', '{ "port": 4003 }');
    expect((await load({ EVERGRANT_CONFIG: 'a.json' })).settings.port).toBe(4002);
    expect((await load({ EVERGRANT_CONFIG: 'a.json' }, 'b.json')).settings.port).toBe(4003);
    expect((await load({}, join(cwd, 'b.json'))).configFile).toBe(join(cwd, 'b.json'));
  });

  it('warns of a second one', async () => {
    await write('evergrant.config.mjs', 'export default { port: 4001 };');
    await write('evergrant.config.json', '{ "port": 4002 }');
    const { settings, warnings } = await load();
    expect(settings.port).toBe(4001);
    expect(warnings).toEqual([expect.stringMatching(/config\.mjs is used; .*config\.json is ignored$/)]);
  });

  it.each([
    ['{ "a": 1,\n  "apiKey": "c4n4ry-c4n4ry" ]', 'is no valid JSON: see line 2, column 29'],
    ['{ "apiKey": "c4n4ry-c4n4ry", }', 'is no valid JSON: see line 1, column 30'],
    ['{ "apiKey": "c4n4ry-c4n4ry"\n', 'is no valid JSON: see line 2, column 1'],
    ['{ apiKey: "c4n4ry-c4n4ry" }', 'is no valid JSON: see line 1, column 3'],
    ['', 'is no valid JSON: see line 1, column 1'],
    ['{ "port": "x" }', 'port: must be a number, not text'],
    ['null', 'configuration: must be an object, not null'],
  ])('is refused as JSON %o, without its content', async (content, part) => {
    await write('bad.json', content);
    const error = await load({}, 'bad.json').then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toContain(part);
    expect(error?.message).toContain(join(cwd, 'bad.json'));
    expect(error?.message).not.toContain(canary);
  });

  it.each([
    [
      'throws.mjs',
      'throw new Error("the vault is closed");',
      /throws\.mjs: fails when it is run: the vault is closed$/,
    ],
    ['nothing.mjs', 'export const config = {};', /nothing\.mjs: has no default export\. Example: export default/],
    ['config.yaml', 'a: b', /--config: .*config\.yaml must end in \.ts, \.mjs, \.js, \.json$/],
  ])('is refused when it is %s', async (name, content, message) => {
    await write(name, content);
    await expect(load({}, name)).rejects.toThrow(message);
  });

  it('is refused when it is not there', async () => {
    await expect(load({}, 'none.json')).rejects.toThrow(`--config: there is no file ${join(cwd, 'none.json')}`);
    await expect(load({ EVERGRANT_CONFIG: 'none.json' })).rejects.toThrow('EVERGRANT_CONFIG: there is no file');
  });
});

describe('secrets from files', () => {
  it('reads each of them, without the line break at the end', async () => {
    await write('key', `${apiKey}\n`);
    await write('keys', `k1:${randomBytes(32).toString('base64')}\n`);
    await write('database', 'postgres://user:password@db/evergrant\n');
    await write('secret', 'of the app\r\n');
    await write('config.json', '{ "providers": { "acme": { "definition": {} } } }');
    const { settings } = await load(
      {
        EVERGRANT_API_KEY_FILE: join(cwd, 'key'),
        ENCRYPTION_KEYS_FILE: 'keys',
        DATABASE_URL_FILE: 'database',
        LINKEDIN_CLIENT_ID: 'a',
        LINKEDIN_CLIENT_SECRET_FILE: 'secret',
        ACME_CLIENT_SECRET_FILE: 'secret',
        X_API_SECRET_FILE: 'secret',
      },
      'config.json',
    );
    expect(settings.apiKey?.reveal()).toBe(apiKey);
    expect(settings.encryptionKeys?.[0]?.id).toBe('k1');
    expect(settings.database.kind).toBe('postgres');
    for (const id of ['linkedin', 'acme', 'x-oauth1']) {
      expect(settings.providers[id]?.clientSecret?.reveal()).toBe('of the app');
    }
  });

  it('refuses what cannot be read, is empty, is given twice or has a fault, and repeats none of it', async () => {
    await write('empty', '\n');
    await write('bad', `${canary}\n`);
    await write('config.json', '{ "providers": { "linkedin": {} } }');
    const env = {
      EVERGRANT_API_KEY_FILE: 'bad',
      ENCRYPTION_KEYS_FILE: 'empty',
      DATABASE_URL_FILE: canary,
      LINKEDIN_CLIENT_SECRET: canary,
      LINKEDIN_CLIENT_SECRET_FILE: 'bad',
    };
    const error = await load(env, 'config.json').then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error?.message.split('\n').slice(1)).toEqual([
      '  - ENCRYPTION_KEYS_FILE: names an empty file. Example: ENCRYPTION_KEYS_FILE=/run/secrets/encryption_keys',
      '  - DATABASE_URL_FILE: names a file that cannot be read (ENOENT). Example: DATABASE_URL_FILE=/run/secrets/database_url',
      '  - LINKEDIN_CLIENT_SECRET: is given together with LINKEDIN_CLIENT_SECRET_FILE; give only one of them',
      expect.stringMatching(/^ {2}- EVERGRANT_API_KEY \(read from EVERGRANT_API_KEY_FILE\): must be "eg_"/),
    ]);
    expect(error?.message).not.toContain(canary);
  });
});

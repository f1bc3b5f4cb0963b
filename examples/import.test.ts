import { createCipheriv, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { importSchema } from '../packages/evergrant/src/http/api/import.ts';
import { describeWithPostgres, type TestDatabase } from '../packages/evergrant/test/postgres/support.ts';
import { useFolder } from '../packages/evergrant/test/support/folder.ts';
import { runProcess } from '../packages/evergrant/test/support/process.ts';

/* Each script runs as its reader would run it, on a database with the columns that the other product's schema names. */

const run = async (name: string, database: TestDatabase, env: Record<string, string> = {}) => {
  const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const { status, stdout, stderr } = await runProcess(process.execPath, [script], {
    cwd: useFolder(),
    env: { DATABASE_URL: database.url.reveal(), ...env },
  });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout.split('\n').filter(Boolean);
  return { lines: lines.map((line) => importSchema.parse(JSON.parse(line))), told: stderr.split('\n').filter(Boolean) };
};

const soon = new Date(Date.now() + 3_600_000);
const inThirtyYears = new Date(Date.now() + 999_999_999_000);

/** As Prisma writes a time into a column without a time zone. */
const inUtc = (time: Date): string => time.toISOString().replace('Z', '');

describeWithPostgres('import-from-postiz.ts', (server) => {
  const integration = `create table "Integration" (
    id text primary key, "internalId" text not null, "organizationId" text not null, name text not null, picture text,
    "providerIdentifier" text not null, type text not null, token text not null, disabled boolean not null default false,
    "tokenExpiration" timestamp(3), "refreshToken" text, profile text, "deletedAt" timestamp(3),
    "createdAt" timestamp(3) not null default current_timestamp, "updatedAt" timestamp(3),
    "inBetweenSteps" boolean not null default false, "refreshNeeded" boolean not null default false,
    "customInstanceDetails" text, "rootInternalId" text, "additionalSettings" text default '[]')`;

  it('writes a line for each channel that can go on, and says why others cannot', async () => {
    const database = await server.createDatabase();
    await database.query(integration);
    const add = (id: string, provider: string, token: string, more: Record<string, unknown> = {}) => {
      const row = {
        id,
        internalId: `account of ${id}`,
        organizationId: 'org-1',
        name: `Name of ${id}`,
        providerIdentifier: provider,
        type: 'social',
        token,
        refreshToken: '',
        tokenExpiration: inUtc(inThirtyYears),
        ...more,
      };
      const names = Object.keys(row);
      return database.query(
        `insert into "Integration" (${names.map((name) => `"${name}"`).join()}) values (${names.map((_, at) => `$${at + 1}`).join()})`,
        Object.values(row),
      );
    };
    await add('a', 'x', 'token-a:secret-a');
    await add('b', 'linkedin', 'token-b', { refreshToken: 'refresh-b', tokenExpiration: inUtc(soon) });
    await add('c', 'threads', 'token-c', { refreshToken: 'token-c', tokenExpiration: inUtc(soon) });
    await add('d', 'mastodon', 'token-d');
    await add('e', 'facebook', 'token-of-a-page');
    await add('f', 'bluesky', 'a-password');
    await add('g', 'linkedin', 'token-g', { deletedAt: inUtc(soon) });
    await add('h', 'linkedin', 'token-h', { refreshNeeded: true });
    await add('i', 'linkedin', 'token-i', { inBetweenSteps: true });
    const { lines, told } = await run('import-from-postiz', database, {
      MASTODON_CLIENT_ID: 'client-of-mastodon',
      TZ: 'Asia/Tokyo',
    });
    const owner = 'org-1';
    expect(lines).toEqual([
      { provider: 'x-oauth1', owner, access_token: 'token-a', token_secret: 'secret-a', metadata: { postiz_id: 'a' } },
      {
        provider: 'linkedin',
        owner,
        access_token: 'token-b',
        refresh_token: 'refresh-b',
        expires_at: soon.toISOString(),
        metadata: { postiz_id: 'b' },
      },
      {
        provider: 'threads',
        owner,
        access_token: 'token-c',
        expires_at: soon.toISOString(),
        metadata: { postiz_id: 'c' },
      },
      {
        provider: 'mastodon',
        owner,
        access_token: 'token-d',
        instance: 'mastodon.social',
        client_id: 'client-of-mastodon',
        metadata: { postiz_id: 'd' },
      },
    ]);
    expect(told.map((line) => line.split(' ')[0])).toEqual(['facebook', 'bluesky']);
    expect(told.join()).not.toContain('a-password');
  });
});

describeWithPostgres('import-from-nango.ts', (server) => {
  const key = randomBytes(32).toString('base64');
  const tables = [
    'create schema nango',
    'create table nango._nango_environments (id serial primary key, name text not null)',
    `create table nango._nango_configs (id serial primary key, unique_key text not null, provider text not null,
      oauth_client_id text, environment_id integer)`,
    'create table nango.end_users (id serial primary key, end_user_id text not null)',
    `create table nango._nango_connections (id serial primary key, provider_config_key text not null,
      connection_id text not null, credentials json not null, credentials_iv text, credentials_tag text,
      connection_config json, environment_id integer not null, config_id integer, end_user_id integer, metadata json,
      deleted boolean not null default false)`,
    "insert into nango._nango_environments (name) values ('prod'), ('dev')",
    "insert into nango.end_users (end_user_id) values ('user_42')",
  ];

  /** As its encryption.manager.ts seals. */
  const seal = (credentials: object) => {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'base64'), iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(credentials)), cipher.final()]).toString('base64');
    return {
      credentials: { encrypted_credentials: sealed },
      iv: iv.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
    };
  };

  it('opens what is sealed, and writes a line for each connection by OAuth', async () => {
    const database = await server.createDatabase();
    for (const table of tables) await database.query(table);
    const add = async (
      name: string,
      provider: string,
      { credentials, iv = null, tag = null }: { credentials: object; iv?: string | null; tag?: string | null },
      {
        environment = 1,
        user = null,
        deleted = false,
      }: { environment?: number; user?: number | null; deleted?: boolean } = {},
    ) => {
      const [config] = await database.query<{ id: number }>(
        'insert into nango._nango_configs (unique_key, provider, oauth_client_id, environment_id) values ($1, $2, $3, $4) returning id',
        [provider, provider, `client-of-${provider}`, environment],
      );
      await database.query(
        `insert into nango._nango_connections (provider_config_key, connection_id, credentials, credentials_iv, credentials_tag,
          environment_id, config_id, end_user_id, deleted) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [provider, name, JSON.stringify(credentials), iv, tag, environment, config!.id, user, deleted],
      );
    };
    const oauth2 = {
      type: 'OAUTH2',
      access_token: 'at-1',
      refresh_token: 'rt-1',
      expires_at: soon,
      raw: { scope: 'a b' },
    };
    await add('one', 'linkedin', seal(oauth2), { user: 1 });
    const oauth1 = { type: 'OAUTH1', oauth_token: 'at-2', oauth_token_secret: 'ts-2', raw: {} };
    await add('two', 'twitter', { credentials: oauth1 });
    await add(
      'three',
      'github',
      seal({ type: 'OAUTH2', access_token: 'at-3', raw: {}, config_override: { client_id: 'own' } }),
    );
    await add('four', 'openai', seal({ type: 'API_KEY', apiKey: 'a-key' }));
    await add('five', 'linkedin', seal(oauth2), { environment: 2 });
    await add('six', 'linkedin', seal(oauth2), { deleted: true });
    const { lines, told } = await run('import-from-nango', database, { NANGO_ENCRYPTION_KEY: key });
    expect(lines).toEqual([
      {
        provider: 'linkedin',
        owner: 'user_42',
        access_token: 'at-1',
        refresh_token: 'rt-1',
        expires_at: soon.toISOString(),
        scopes: ['a', 'b'],
        client_id: 'client-of-linkedin',
        metadata: { nango_connection_id: 'one' },
      },
      {
        provider: 'x-oauth1',
        owner: 'two',
        access_token: 'at-2',
        token_secret: 'ts-2',
        client_id: 'client-of-twitter',
        metadata: { nango_connection_id: 'two' },
      },
      {
        provider: 'github',
        owner: 'three',
        access_token: 'at-3',
        client_id: 'own',
        metadata: { nango_connection_id: 'three' },
      },
    ]);
    expect(told).toEqual(['openai four: API_KEY is none of OAuth']);
  });
});

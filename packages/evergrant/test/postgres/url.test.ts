import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseDatabase } from '../../src/settings/values.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { useFolder } from '../support/folder.ts';
import { describeWithOwnPostgres, type OwnPostgresServer } from './support.ts';

/** Opens what an operator writes into `DATABASE_URL`. */
const open = async (text: string): Promise<Store> => {
  const store = await openStore(parseDatabase(text), { clock: systemClock });
  onTestFinished(() => store.close());
  return store;
};

const ask = async (store: Store, question: string): Promise<unknown> => {
  const { rows } = await sql<{ answer: unknown }>`select ${sql.raw(question)} as answer`.execute(store.db);
  return rows[0]?.answer;
};

const refusal = (reason: RegExp) => ({ code: 'storage_unavailable', detail: expect.stringMatching(reason) as string });

describeWithOwnPostgres('a connection string', (server) => {
  const create = async () => {
    const { url, query } = await server.createDatabase();
    return { url: new URL(url.reveal()), query };
  };

  test('may hold any password and any name, percent-encoded', async () => {
    const { url, query } = await create();
    const [role, password, database] = ['o:dd/role', 'p@ss/w#rd?%&', 'odd database'];
    await query(`create role "${role}" login superuser password '${password}'`);
    await query(`create database "${database}"`);
    url.username = encodeURIComponent(role);
    url.password = encodeURIComponent(password);
    url.pathname = `/${encodeURIComponent(database)}`;
    const store = await open(url.href);
    expect(await ask(store, 'current_user')).toBe(role);
    expect(await ask(store, 'current_database()')).toBe(database);
  });

  test('may say how the session begins', async () => {
    const { url, query } = await create();
    await query('create schema apart');
    url.searchParams.set('application_name', 'connections');
    url.searchParams.set('options', '-c search_path=apart');
    const store = await open(url.href);
    expect(await ask(store, `current_setting('application_name')`)).toBe('connections');
    const tables = await query(`select schemaname from pg_tables where tablename = 'grants'`);
    expect(tables).toEqual([{ schemaname: 'apart' }]);
  });

  test('may name a socket instead of a host', async () => {
    const { url } = await create();
    const { username, password, pathname } = url;
    const parameters = new URLSearchParams({ host: server.folder, port: String(server.port) });
    const store = await open(`postgresql://${username}:${password}@${pathname}?${parameters.toString()}`);
    expect(await ask(store, 'inet_server_addr()')).toBeNull();
  });

  describe('says whether the way is encrypted', () => {
    const isEncrypted = (store: Store) => ask(store, '(select ssl from pg_stat_ssl where pid = pg_backend_pid())');

    const openWith = async (url: URL, parameters: Record<string, string>): Promise<Store> => {
      const complete = new URL(url);
      for (const [name, value] of Object.entries(parameters)) complete.searchParams.set(name, value);
      return open(complete.href);
    };

    test('to a server that cannot do it', async () => {
      const { url } = await create();
      expect(await isEncrypted(await openWith(url, { sslmode: 'disable' }))).toBe(false);
      for (const sslmode of ['require', 'verify-full', 'no-verify']) {
        await expect(openWith(url, { sslmode })).rejects.toMatchObject(refusal(/does not support SSL/));
      }
    });

    test('to a server whose certificate a known authority signed, or nobody', async () => {
      const { url, query } = await create();
      const certificate = await useEncryption(server, query);
      expect(await isEncrypted(await openWith(url, {}))).toBe(false);
      expect(await isEncrypted(await openWith(url, { sslmode: 'no-verify' }))).toBe(true);
      expect(await isEncrypted(await openWith(url, { sslmode: 'verify-full', sslrootcert: certificate }))).toBe(true);
      // pg takes these for verify-full: a certificate that nobody checks protects from nobody.
      for (const sslmode of ['require', 'verify-full']) {
        await expect(openWith(url, { sslmode })).rejects.toMatchObject(refusal(/signed by nobody who is known here/));
      }
      url.hostname = 'localhost';
      await expect(openWith(url, { sslmode: 'verify-full', sslrootcert: certificate })).rejects.toMatchObject(
        refusal(/for another name/),
      );
    });
  });
});

/** Lets a server encrypt, with a certificate of its own making. @returns the certificate's file */
const useEncryption = async (
  { folder }: OwnPostgresServer,
  query: (sql: string) => Promise<unknown>,
): Promise<string> => {
  const [key, certificate, copy] = [
    join(folder, 'server.key'),
    join(folder, 'server.crt'),
    join(useFolder(), 'ca.crt'),
  ];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'pipe',
  });
  copyFileSync(certificate, copy);
  const { uid, gid } = statSync(folder);
  for (const file of [key, certificate]) chownSync(file, uid, gid);
  chmodSync(key, 0o600);
  await query('alter system set ssl = on');
  await query('select pg_reload_conf()');
  return copy;
};

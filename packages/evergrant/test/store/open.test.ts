import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { DatabaseSettings } from '../../src/settings/types.ts';
import { connections, grants, openStore, type Store, schedule } from '../../src/store/index.ts';
import { migrations, sqliteTypes } from '../../src/store/migrations.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { Secret } from '../../src/telemetry/secret.ts';
import { describeWithPostgres } from '../postgres/support.ts';
import { useFolder } from '../support/folder.ts';
import { runProcess } from '../support/process.ts';
import { aConnection, aGrant, aSchedule, noon } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

const open = (settings: DatabaseSettings) => openStore(settings, { clock: systemClock });

const opener = fileURLToPath(new URL('./opener.ts', import.meta.url));
const racingOpener = fileURLToPath(new URL('./racing-opener.ts', import.meta.url));

/** Opens a database from so many processes at once; what each of them says of it. */
const openFromProcesses = (database: string, processes: number) =>
  Promise.all(
    Array.from({ length: processes }, async () => {
      const args = ['--conditions=evergrant-source', opener, database];
      const { status, stdout, stderr } = await runProcess(process.execPath, args, { cwd: process.cwd() });
      return { status, stdout: stdout.trim(), stderr };
    }),
  );

const known = Object.keys(migrations(sqliteTypes)).length;
const opened = { status: 0, stdout: String(known), stderr: '' };

describe('a new database', () => {
  test('is made by one of several processes that open it at once, on SQLite', async () => {
    const folder = useFolder();
    for (let round = 0; round < 3; round++) {
      const processes = await openFromProcesses(`sqlite:${join(folder, `${round}`, 'new.db')}`, 6);
      expect(processes).toEqual(Array(6).fill(opened));
    }
  });

  test('is opened by processes that come to the same instant, on SQLite', async () => {
    const start = String(Date.now() + 2000);
    const args = ['--conditions=evergrant-source', racingOpener, useFolder(), start, '50'];
    const racing = Array.from({ length: 4 }, () => runProcess(process.execPath, args, { cwd: process.cwd() }));
    for (const { status, stderr } of await Promise.all(racing))
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  describeWithPostgres('on PostgreSQL', (server) => {
    test('is made by one of several that open it at once', async () => {
      const { url } = await server.createDatabase();
      const stores = await Promise.all(Array.from({ length: 6 }, () => open({ kind: 'postgres', url })));
      const applied = await stores[0]!.db
        .selectFrom('kysely_migration' as never)
        .selectAll()
        .execute();
      expect(applied).toHaveLength(known);
      for (const store of stores) await store.close();
    });

    test('is made by one of several processes that open it at once', async () => {
      const { url } = await server.createDatabase();
      expect(await openFromProcesses(url.reveal(), 4)).toEqual(Array(4).fill(opened));
    });

    test('that cannot be reached or entered says why, and not with which password', async () => {
      const { url, name } = await server.createDatabase();
      const changed = (change: Partial<Record<'port' | 'hostname' | 'password' | 'pathname', string>>) => {
        const other = Object.assign(new URL(url.reveal()), change);
        return { kind: 'postgres' as const, url: new Secret(other.href) };
      };
      const faults: [DatabaseSettings, RegExp][] = [
        [changed({ port: '9' }), /the connection was refused/],
        [changed({ hostname: 'nowhere.invalid' }), /its name does not resolve/],
        [changed({ password: 'hunter2hunter2' }), /it refuses the password/],
        [changed({ pathname: `/${name}_no` }), /it has no such database/],
      ];
      for (const [settings, reason] of faults) {
        const failure = open(settings).catch((error: unknown) => error);
        expect(await failure).toMatchObject({ code: 'storage_unavailable', detail: expect.stringMatching(reason) });
        expect(String(await failure)).not.toContain('hunter2hunter2');
      }
    });

    test('on which the role may make nothing says so', async () => {
      const { url, query, name } = await server.createDatabase();
      await query(`create role reader_${name} login password 'password'`);
      const other = new URL(url.reveal());
      other.username = `reader_${name}`;
      other.password = 'password';
      await expect(open({ kind: 'postgres', url: new Secret(other.href) })).rejects.toMatchObject({
        code: 'storage_unavailable',
        detail: expect.stringContaining('permission denied'),
      });
      await query(`drop role reader_${name}`);
    });
  });
});

describeOnEachDatabase('a database that was opened before', (database) => {
  test('keeps what it holds', async () => {
    await grants.insert(database.store.db, aGrant('a'));
    const again = await database.open();
    expect(await grants.byId(again.db, 'a')).toMatchObject({ id: 'a' });
  });

  test('is refused when a newer version has written it, and nothing is changed', async () => {
    const { db } = database.store;
    const migrations = 'kysely_migration' as never;
    const before = await db.selectFrom(migrations).selectAll().execute();
    await db
      .insertInto(migrations)
      .values({ name: '9999_future', timestamp: new Date().toISOString() } as never)
      .execute();
    try {
      await expect(open(database.settings)).rejects.toMatchObject({
        code: 'storage_unavailable',
        detail: expect.stringMatching(/newer version of Evergrant/),
      });
    } finally {
      await db
        .deleteFrom(migrations)
        .where('name' as never, '=', '9999_future' as never)
        .execute();
    }
    expect(await db.selectFrom(migrations).selectAll().execute()).toEqual(before);
    await (await open(database.settings)).close();
  });

  test('lets errors pass that are not its own', async () => {
    const { store } = database;
    const { db } = store;
    const mistaken = db
      .selectFrom('nothing_of_that_name' as never)
      .selectAll()
      .execute();
    await expect(mistaken).rejects.not.toMatchObject({ code: 'storage_unavailable' });
    await grants.insert(db, aGrant('a'));
    await expect(grants.insert(db, aGrant('a'))).rejects.not.toMatchObject({ code: 'storage_unavailable' });
    const thrown = new TypeError('a mistake of ours');
    await expect(store.transaction(() => Promise.reject(thrown))).rejects.toBe(thrown);
    await expect(store.write(() => Promise.reject(thrown))).rejects.toBe(thrown);
    // And what has failed leaves the next one in peace.
    expect(await grants.byId(db, 'a')).toMatchObject({ id: 'a' });
  });

  test('undoes what a transaction did that fails', async () => {
    const { store } = database;
    const failing = store.transaction(async (tx) => {
      await grants.insert(tx, aGrant('a'));
      await schedule.insert(tx, aSchedule('a'));
      throw new Error('too late');
    });
    await expect(failing).rejects.toThrow('too late');
    expect(await grants.byId(store.db, 'a')).toBeUndefined();
  });

  test('commits small pieces together, and a failing one takes nobody with it', async () => {
    const { store } = database;
    const pieces = Array.from({ length: 50 }, (_, index) =>
      store.write(async (tx) => {
        await grants.insert(tx, aGrant(`g${index}`, { generation: index }));
        // This one names a grant that is not there; on PostgreSQL the whole transaction is void from here on.
        if (index === 7) await connections.insert(tx, aConnection('orphan', 'none'));
        return index;
      }),
    );
    const results = await Promise.allSettled(pieces);
    expect(results.map(({ status }) => status)).toEqual(
      results.map((_, index) => (index === 7 ? 'rejected' : 'fulfilled')),
    );
    expect(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))).toHaveLength(49);
    const stored = await store.db.selectFrom('grants').select('generation').orderBy('generation').execute();
    expect(stored.map(({ generation }) => generation)).toEqual(
      Array.from({ length: 50 }, (_, index) => index).filter((index) => index !== 7),
    );
  });

  test('waits for another that writes, without keeping the thread from it', async () => {
    const { store } = database;
    const other = await database.open();
    await grants.insert(store.db, aGrant('a'));
    const order: string[] = [];
    const write = (name: string, by: Store, during: () => Promise<unknown> = async () => {}): Promise<void> =>
      by.transaction(async (tx) => {
        await grants.update(tx, 'a', { owner: name });
        await during();
        order.push(name);
      });
    let second: Promise<void> | undefined;
    await write('first', other, () => {
      second = write('second', store);
      // Longer than a statement keeps the thread waiting.
      return new Promise((resolve) => setTimeout(resolve, 100));
    });
    await second;
    expect(order).toEqual(['first', 'second']);
    expect(await grants.byId(store.db, 'a')).toMatchObject({ owner: 'second' });
  });

  test('makes a piece durable before it says so', async () => {
    const { store } = database;
    const other = await database.open();
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        await store.write((tx) => grants.insert(tx, aGrant(`g${index}`)));
        expect(await grants.byId(other.db, `g${index}`)).toBeDefined();
      }),
    );
  });
});

describe('a database that cannot be written', () => {
  test('is unavailable, on SQLite', async () => {
    const folder = useFolder();
    const path = join(folder, 'data.db');
    const store = await open({ kind: 'sqlite', path });
    await grants.insert(store.db, aGrant('a'));
    await store.close();
    if (process.getuid?.() === 0) {
      // The administrator may write what is read-only: a file that is no database stands for it.
      writeFileSync(
        join(folder, 'broken.db'),
        'this is no database, but long enough to be looked at as one'.repeat(50),
      );
      await expect(open({ kind: 'sqlite', path: join(folder, 'broken.db') })).rejects.toMatchObject({
        code: 'storage_unavailable',
      });
    } else {
      copyFileSync(path, join(folder, 'readonly.db'));
      chmodSync(join(folder, 'readonly.db'), 0o400);
      const readonly = await open({ kind: 'sqlite', path: join(folder, 'readonly.db') });
      await expect(grants.insert(readonly.db, aGrant('b'))).rejects.toMatchObject({ code: 'storage_unavailable' });
      await readonly.close();
    }
    await expect(open({ kind: 'sqlite', path: folder })).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  describeWithPostgres('on PostgreSQL', (server) => {
    test('is unavailable for writing, and is read', async () => {
      const { url, query, name } = await server.createDatabase();
      const store = await open({ kind: 'postgres', url });
      await grants.insert(store.db, aGrant('a', { created_at: noon }));
      await store.close();
      // As on a standby.
      await query(`alter database ${name} set default_transaction_read_only = on`);
      const readonly = await open({ kind: 'postgres', url });
      expect(await grants.byId(readonly.db, 'a')).toMatchObject({ created_at: noon });
      for (const attempt of [
        () => grants.insert(readonly.db, aGrant('b')),
        () => readonly.write((tx) => grants.insert(tx, aGrant('b'))),
        () => readonly.transaction((tx) => grants.update(tx, 'a', { generation: 2 })),
      ]) {
        await expect(attempt()).rejects.toMatchObject({
          code: 'storage_unavailable',
          detail: expect.stringContaining('it is read-only'),
        });
      }
      await readonly.close();
    });
  });
});

import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ConnectionBody, expectBody } from '../support/api.ts';
import { query, tamper } from '../support/database.ts';
import { createInstallation, useInstallation } from '../support/evergrant.ts';
import { startLoad } from '../support/load.ts';
import { connectPerson, createStubWorld } from '../support/stub.ts';
import { until } from '../support/wait.ts';

const people = 6;

/** For a machine that has much else to do. */
const patiently = { within: 60_000 };

describe('evergrant backup', () => {
  test('taken under load and restored on an empty machine with the keys, every connection works', async () => {
    const world = await createStubWorld();
    onTestFinished(() => world.dispose());
    const { stub, installation } = world;
    // Where refresh tokens rotate, what was renewed after the backup is spent: no backup helps there.
    stub.control.behave({ rotates: 'never' });
    const service = await installation.start();
    const connections: ConnectionBody[] = [];
    for (let person = 0; person < people; person++) connections.push(await connectPerson(world, `person-${person}`));

    const busy = startLoad(installation, connections);
    await until('load', () => busy.renewed() > people, patiently);
    const file = join(installation.folder, 'backup.db');
    const before = busy.renewed();
    const { status, stdout, stderr } = await installation.run(['backup', file]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`${file}: ${statSync(file).size} bytes`);
    const after = busy.renewed();
    expect(after).toBeGreaterThan(before);
    await until('load after the backup', () => busy.renewed() > after + people, patiently);
    expect(await busy.stop()).toEqual([]);
    await service.kill();

    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(query(file, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const restored = await createInstallation({
      config: () => ({ encryptionKeys: world.encryptionKeys, providers: { sandbox: stub.provider() } }),
    });
    onTestFinished(() => restored.dispose());
    mkdirSync(join(restored.folder, 'data'), { mode: 0o700 });
    copyFileSync(file, restored.database);
    await restored.start();
    const waiting: { retryable: boolean }[] = [];
    for (const { id, account } of connections) {
      const { account: same, status: state } = expectBody(await restored.api.connection(id));
      expect({ same, state }).toEqual({ same: account, state: 'active' });
      const { generation } = expectBody(await restored.api.token(id));
      const { body, problem } = await restored.api.refresh(id);
      if (problem) waiting.push({ retryable: problem.retryable });
      else expect(body.token.generation).toBe(generation + 1);
      expectBody(await restored.api.token(id));
    }
    // The copy may hold one renewal under way, whose outcome is not known: it waits before it is sent again.
    expect([[], [{ retryable: true }]]).toContainEqual(waiting);
  }, 180_000);

  test('leaves out what was deleted, and a copy without its key opens nothing', async () => {
    const installation = await useInstallation({ bare: true });
    const service = await installation.start();
    expect(await service.stop()).toBe(0);
    const canary = 'deleted-but-still-on-a-free-page';
    tamper(
      installation.database,
      `pragma secure_delete = off; create table scratch (text); insert into scratch values ('${canary}'); drop table scratch;`,
    );
    expect(readFileSync(installation.database).includes(canary)).toBe(true);
    const file = join(installation.folder, 'backup.db');
    expect(await installation.run(['backup', file])).toMatchObject({ status: 0 });
    expect(readFileSync(file).includes(canary)).toBe(false);

    const elsewhere = await useInstallation({ bare: true });
    mkdirSync(join(elsewhere.folder, 'data'), { mode: 0o700 });
    copyFileSync(file, elsewhere.database);
    const { status, stderr } = await elsewhere.run(['start']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/key/i);
  });

  test('does not begin an upgrade, overwrite a file, or make a database', async () => {
    const installation = await useInstallation({ bare: true });
    const file = join(installation.folder, 'backup.db');
    const absent = await installation.run(['backup', file]);
    expect({ status: absent.status, says: absent.stderr }).toEqual({
      status: 1,
      says: expect.stringContaining('cannot be opened'),
    });
    const service = await installation.start();
    expect(await service.stop()).toBe(0);
    // As an older version left it: the last step of the schema is not there yet.
    tamper(installation.database, 'delete from kysely_migration where name = (select max(name) from kysely_migration)');
    const steps = () => query(installation.database, 'select name from kysely_migration');
    const older = steps();
    expect(await installation.run(['backup', file, '--json'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\{"file":.*"bytes":\d+\}\n$/),
    });
    expect(steps()).toEqual(older);
    writeFileSync(file, 'mine');
    expect(await installation.run(['backup', file])).toEqual({
      status: 1,
      stdout: '',
      stderr: `${file} cannot be written (EEXIST). Name a file that does not exist yet, in a folder that does, on a disk with room\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await installation.run(['backup'])).toMatchObject({ status: 2 });
    const server = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', ENCRYPTION_KEYS: `k1:${key()}` };
    const postgres = await installation.run(['backup', file], server);
    expect(postgres).toMatchObject({ status: 2, stderr: expect.stringContaining('pg_dump') });
  });
});

const key = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');

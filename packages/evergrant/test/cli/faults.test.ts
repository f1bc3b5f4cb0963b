import { chmodSync, existsSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApi, expectBody } from '../support/api.ts';
import { dump, tamper } from '../support/database.ts';
import { host, newEncryptionKey, useInstallation } from '../support/evergrant.ts';
import { connectPerson, createStubWorld } from '../support/stub.ts';

interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** One message that names fault and cure, and nothing else. */
const expectRefusal = ({ status, stdout, stderr }: Result, ...parts: (string | RegExp)[]): void => {
  expect(status, stderr).toBe(1);
  expect(stdout).toBe('');
  for (const part of parts) expect(stderr).toMatch(part);
  expect(stderr).not.toMatch(/^\s+at .*:\d+/m);
  expect(stderr).not.toMatch(/\bError:/);
  expect(stderr.trim().split('\n').length).toBeLessThan(10);
};

/** Occupies a port until the test ends. */
const occupy = async (port: number): Promise<() => Promise<void>> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const release = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  onTestFinished(release);
  return release;
};

describe('evergrant start refuses', () => {
  test('bad settings, all of them at once, before anything is made', async () => {
    const installation = await useInstallation({ bare: true });
    const shortKey = `k1:${Buffer.from('much-too-short-secret').toString('base64')}`;
    const result = await installation.run(['start'], {
      LOG_LEVEL: 'loud',
      PORT: '99999',
      PUBLIC_URL: 'http://example.com',
      ENCRYPTION_KEYS: shortKey,
    });
    expectRefusal(result, '4 faults', /LOG_LEVEL: "loud".*Example/, /PORT: "99999"/, /PUBLIC_URL: .*https/);
    expect(result.stderr).toContain('ENCRYPTION_KEYS');
    expect(result.stderr).not.toContain(shortKey.slice(3));
    expect(readdirSync(installation.folder)).toEqual([]);
  });

  test('a configuration file that is none', async () => {
    const installation = await useInstallation({ bare: true });
    expectRefusal(await installation.run(['start', '--config', 'absent.json']), /--config: there is no file .*absent/);

    const file = join(installation.folder, 'broken.json');
    writeFileSync(file, '{\n  "apiKey": "eg_secret_that_is_not_to_be_shown",,\n}');
    const broken = await installation.run(['start', '--config', 'broken.json']);
    expectRefusal(broken, /broken\.json: is no valid JSON: see line 2, column 49/);
    expect(broken.stderr).not.toContain('eg_secret');

    writeFileSync(file, JSON.stringify({ publicURL: installation.url, providers: { acme: { clientId: 'x' } } }));
    expectRefusal(await installation.run(['start', '--config', 'broken.json']), /"publicURL".*"publicUrl"/, /acme/);
    expect(existsSync(join(installation.folder, 'data'))).toBe(false);
  });

  test('a data folder that cannot be made', async () => {
    const installation = await useInstallation({ bare: true });
    writeFileSync(join(installation.folder, 'file'), 'not a folder');
    const path = join(installation.folder, 'file', 'data', 'evergrant.db');
    const result = await installation.run(['start'], { DATABASE_URL: 'sqlite:./file/data/evergrant.db' });
    expectRefusal(result, path, 'DATABASE_URL');
    expect(readdirSync(installation.folder)).toEqual(['file']);
  });

  test('a database file that is none', async () => {
    const installation = await useInstallation({ bare: true });
    const file = join(installation.folder, 'notes.txt');
    writeFileSync(file, 'these are notes and not a database\n'.repeat(50));
    const size = statSync(file).size;
    expectRefusal(await installation.run(['start'], { DATABASE_URL: 'sqlite:notes.txt' }), file, 'not a database');
    expect(statSync(file).size).toBe(size);
    expect(readdirSync(installation.folder)).toEqual(['notes.txt']);
  });

  test('a port in use, and does not swallow the first API key', async () => {
    const installation = await useInstallation({ bare: true });
    const release = await occupy(installation.port);
    const result = await installation.run(['start']);
    expectRefusal(result, `Port ${installation.port} on ${host} is in use`, /PORT=\d+/);
    await release();

    const service = await installation.start();
    const key = /eg_[\w-]{32,}/.exec(service.stdout())?.[0];
    expect((await createApi(installation.url, key!).connections()).status).toBe(200);
  });
});

/** An installation with a connected account, stopped; and a check that nothing of it was lost. */
const useConnected = async (keys: 'configured' | 'file') => {
  const world = await createStubWorld(keys);
  onTestFinished(() => world.dispose());
  const { installation } = world;
  const service = await installation.start();
  const { id } = await connectPerson(world, 'Ada Example');
  const token = expectBody(await installation.api.token(id));
  expect(await service.stop()).toBe(0);
  const before = dump(installation.database);

  const expectNothingLost = async (): Promise<void> => {
    expect(dump(installation.database)).toEqual(before);
    await installation.start();
    expect(expectBody(await installation.api.token(id))).toEqual(token);
    expect(expectBody(await installation.api.refresh(id))).toMatchObject({ token: { generation: 2 } });
  };
  return { ...world, keyFile: join(installation.folder, 'data', 'evergrant.key'), expectNothingLost };
};

describe('evergrant start in an installation with a connected account refuses', () => {
  test('a wrong key and a key of another name', async () => {
    const { installation, encryptionKeys, expectNothingLost } = await useConnected('configured');
    const [id] = encryptionKeys.split(':');
    for (const ENCRYPTION_KEYS of [newEncryptionKey(id), newEncryptionKey('other')]) {
      const result = await installation.run(['start'], { ENCRYPTION_KEYS });
      expectRefusal(result, 'key does not fit', 'ENCRYPTION_KEYS');
      expect(result.stderr).not.toContain(ENCRYPTION_KEYS.split(':')[1]!);
    }
    await expectNothingLost();
  });

  test('the schema of a newer version', async () => {
    const { installation, expectNothingLost } = await useConnected('configured');
    tamper(installation.database, "insert into kysely_migration values ('9999_later', '2099-01-01T00:00:00.000Z')");
    const changed = dump(installation.database);
    for (const command of ['start', 'migrate']) {
      expectRefusal(await installation.run([command]), 'newer version', 'Nothing was changed');
    }
    expect(dump(installation.database)).toEqual(changed);
    tamper(installation.database, "delete from kysely_migration where name = '9999_later'");
    await expectNothingLost();
  });

  test('a key file that has gone, and makes no other', async () => {
    const { installation, keyFile, expectNothingLost } = await useConnected('file');
    const backup = join(installation.folder, 'backup.key');
    renameSync(keyFile, backup);
    for (const command of ['start', 'connections']) {
      expectRefusal(await installation.run([command]), keyFile, 'is missing', 'backup', 'ENCRYPTION_KEYS');
      expect(existsSync(keyFile)).toBe(false);
    }
    renameSync(backup, keyFile);
    await expectNothingLost();
  });

  test('a key file that others can read', async () => {
    const { installation, keyFile, expectNothingLost } = await useConnected('file');
    chmodSync(keyFile, 0o644);
    expectRefusal(await installation.run(['start']), `chmod 600 ${keyFile}`);
    expect(statSync(keyFile).mode & 0o777).toBe(0o644);
    chmodSync(keyFile, 0o600);
    await expectNothingLost();
  });
});

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { filesBelow, findSecrets } from '../support/canaries.ts';
import { storedGrants } from '../support/database.ts';
import { program } from '../support/evergrant.ts';
import { runProcess } from '../support/process.ts';
import { approachCallback, createStubWorld, type StubWorld } from '../support/stub.ts';
import { until } from '../support/wait.ts';

let world: StubWorld;
/** The tokens of people at the platform, as another system holds them. */
const held: Record<string, { access_token: string; refresh_token: string }> = {};

const people = ['Ada Example', 'Bo Example', 'Cy Example', 'Di Example', 'Ed Example'];

beforeAll(async () => {
  world = await createStubWorld();
  const service = await world.installation.start();
  for (const name of people) {
    const { flowId, browser, callback } = await approachCallback(world, { name });
    await browser.open(callback);
    const { connections } = expectBody(await world.installation.api.flow(flowId));
    const [grant] = storedGrants(world.installation.database, world.encryptionKeys);
    held[name] = { access_token: grant!.accessToken, refresh_token: grant!.refreshToken };
    await world.installation.api.call('DELETE', `/v1/connections/${connections[0]!.id}?revoke=false`);
  }
  await service.stop();
});
afterAll(() => world.dispose());

const inAnHour = new Date(Date.now() + 3_600_000).toISOString();

const lineOf = (name: string, more: object = {}): string =>
  JSON.stringify({ provider: 'sandbox', owner: `owner of ${name}`, ...held[name], expires_at: inAnHour, ...more });

const write = (name: string, lines: string[]): string => {
  const path = join(world.installation.folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
};

const run = (...args: string[]) => world.installation.run(['import', ...args]);

const reportOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { line: number; status: string; error?: { code: string } })
    .sort((one, other) => one.line - other.line);

const deadLine = JSON.stringify({
  provider: 'sandbox',
  owner: 'nobody',
  refresh_token: 'a-refresh-token-that-was-never-given',
});

describe('evergrant import', () => {
  test('--dry-run checks every line and asks nobody', async () => {
    const before = world.stub.control.tokenRequests();
    const report = join(world.installation.folder, 'dry.ndjson');
    const file = write('dry', [
      lineOf('Ada Example'),
      '{ "provider": "sandbox", "access_token": "secret-but-not-json"',
      '{ "provider": "sandbox", "owner": "o", "access_token": "a", "unknown": 1 }',
      '',
      '{ "provider": "nobody", "owner": "o", "access_token": "a" }',
      '{ "provider": "linkedin", "owner": "o", "access_token": "a" }',
    ]);
    const { status, stdout, stderr } = await run(file, '--dry-run', '--report', report);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '1 checked, 4 failed\n' });
    expect(reportOf(report).map(({ line, status, error }) => [line, status, error?.code])).toEqual([
      [1, 'checked', undefined],
      [2, 'failed', 'invalid_request'],
      [3, 'failed', 'invalid_request'],
      [5, 'failed', 'provider_unknown'],
      [6, 'failed', 'provider_not_configured'],
    ]);
    expect(stderr).toContain('line 3: invalid_request');
    expect(stderr).not.toContain('secret-but-not-json');
    expect(world.stub.control.tokenRequests()).toEqual(before);
    expect((await run(file, '--dry-run', '--json')).stdout).toContain('"checked":1');
  });

  test('imports, says what failed and why, and does on a second run only what is left', async () => {
    const report = join(world.installation.folder, 'report.ndjson');
    const lines = people.slice(0, 3).map((name) => lineOf(name));
    const file = write('tokens.ndjson', [lines[0]!, deadLine, lines[1]!]);
    const first = await run(file, '--report', report);
    expect({ status: first.status, stdout: first.stdout }).toEqual({ status: 1, stdout: '2 created, 1 failed\n' });
    expect(reportOf(report)).toMatchObject([
      { line: 1, status: 'created', provider: 'sandbox', connection_id: expect.stringMatching(/^conn_/) },
      { line: 2, status: 'failed', owner: 'nobody', error: { code: 'reauth_required' } },
      { line: 3, status: 'created' },
    ]);
    expect(statSync(report).mode & 0o777).toBe(0o600);
    const audit = first.stderr
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as object] : []));
    expect(audit).toEqual(
      reportOf(report).flatMap((line) => {
        const { connection_id: object, owner } = line as { connection_id?: string; owner?: string };
        const entry = { audit: 'connection.import', actor: `cli:${userInfo().username}`, object, owner };
        return object ? [expect.objectContaining({ ...entry, time: expect.stringMatching(/Z$/) })] : [];
      }),
    );

    write('tokens.ndjson', lines);
    const second = await run(file, '--report', report, '--json');
    expect(second.status).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ created: 1, skipped: 2, failed: 0 });
    const connections = expectBody(await withService((api) => api.connections()));
    expect(connections.data.map(({ status }) => status)).toEqual(['active', 'active', 'active']);
  });

  test('reads standard input, and knows by the tokens what was imported before', async () => {
    const file = write('again.ndjson', [lineOf('Ada Example'), lineOf('Di Example')]);
    const settings = join(world.installation.folder, 'settings.json');
    const command = `"${process.execPath}" "${program}" import - --config "${settings}" --json < "${file}"`;
    const { status, stdout } = await runProcess('sh', ['-c', command], { cwd: world.installation.folder });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ created: 1, unchanged: 1 });
  });

  test('when interrupted finishes what is under way', async () => {
    const file = write('many.ndjson', [lineOf('Ed Example', { expires_at: '2001-01-01T00:00:00Z' })]);
    const { control } = world.stub;
    const before = control.tokenRequests().refresh;
    control.answerNext({ delayMs: 1500 });
    const running = world.installation.launch(['import', file, '--json']);
    await until('the renewal is under way', () => control.tokenRequests().refresh > before || running.hasEnded());
    running.signal('SIGINT');
    expect((await running.ended).status).toBe(1);
    expect(JSON.parse(running.stdout())).toMatchObject({ interrupted: true, created: 1 });
    expect((await run(file, '--json')).stdout).toContain('"skipped":1');
  });

  test('says how it is used', async () => {
    expect((await run()).status).toBe(2);
    expect((await run('x', '--concurrency', '0')).status).toBe(2);
    const missing = await run(join(world.installation.folder, 'nowhere'));
    expect(missing).toMatchObject({ status: 1, stdout: '' });
    expect(missing.stderr).toContain('ENOENT');
  });

  test('L01 writes no token anywhere but into the files that held them and, sealed, into the database', () => {
    const secrets = {
      'access token': Object.values(held).map(({ access_token }) => access_token),
      'refresh token': Object.values(held).map(({ refresh_token }) => refresh_token),
    };
    expect(findSecrets('the output', world.installation.output(), secrets)).toEqual([]);
    const inputs = ['dry', 'tokens.ndjson', 'again.ndjson', 'many.ndjson'];
    for (const { path, content } of filesBelow(world.installation.folder)) {
      if (inputs.some((name) => path.endsWith(`/${name}`))) continue;
      expect(findSecrets(path, content, secrets)).toEqual([]);
    }
  });
});

const withService = async <T>(work: (api: StubWorld['installation']['api']) => Promise<T>): Promise<T> => {
  const service = await world.installation.start();
  try {
    return await work(world.installation.api);
  } finally {
    await service.stop();
  }
};

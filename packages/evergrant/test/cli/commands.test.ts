import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConnectionBody, expectBody } from '../support/api.ts';
import { type BrowserPage, createBrowser } from '../support/browser.ts';
import { newEncryptionKey, program, type Service, useInstallation } from '../support/evergrant.ts';
import { type RunningProcess, runProcess } from '../support/process.ts';
import { connectPerson, createStubWorld, type StubWorld } from '../support/stub.ts';

let world: StubWorld;
let service: Service;
let connection: ConnectionBody;

beforeAll(async () => {
  world = await createStubWorld();
  service = await world.installation.start();
  connection = await connectPerson(world, 'Ada Example');
});
afterAll(() => world.dispose());

const run = (...args: string[]) => world.installation.run(args);

describe('evergrant connections', () => {
  test('lists them for people and as JSON', async () => {
    const [forPeople, asJson, ofNobody] = await Promise.all([
      run('connections'),
      run('connections', '--json', '--owner', 'owner-1', '--status', 'active'),
      run('connections', '--json', '--owner', 'nobody'),
    ]);
    expect(forPeople).toMatchObject({ status: 0, stderr: '' });
    expect(forPeople.stdout).toContain(connection.id);
    expect(forPeople.stdout).toContain('Ada Example');

    expect(asJson.status).toBe(0);
    expect(JSON.parse(asJson.stdout)).toEqual([expectBody(await world.installation.api.connection(connection.id))]);
    expect(JSON.parse(ofNobody.stdout)).toEqual([]);
  });
});

describe('evergrant token', () => {
  test('prints the token that the API hands out', async () => {
    const token = expectBody(await world.installation.api.token(connection.id));
    expect(await run('token', connection.id)).toEqual({ status: 0, stdout: `${token.access_token}\n`, stderr: '' });
    const { stdout } = await run('token', connection.id, '--json');
    expect(JSON.parse(stdout)).toEqual(token);
  });

  test('says what is wrong, in words or as JSON', async () => {
    const [unknown, asJson, tooLong] = await Promise.all([
      run('token', 'conn_unknown'),
      run('token', 'conn_unknown', '--json'),
      run('token', connection.id, '--min-valid', '100000', '--json'),
    ]);
    expect(unknown).toMatchObject({ status: 1, stdout: '' });
    expect(unknown.stderr).toContain('There is no such connection');
    expect(asJson).toMatchObject({ status: 1, stdout: '' });
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: 'connection_not_found' } });
    expect(JSON.parse(tooLong.stderr)).toMatchObject({ error: { code: 'min_validity_unsatisfiable' } });
  });
});

describe('evergrant migrate', () => {
  test('makes the schema, and finds nothing to do the second time', async () => {
    const installation = await useInstallation();
    const made = await installation.run(['migrate', '--json']);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(made.stdout)).toMatchObject({ applied: expect.arrayContaining(['0001_initial']) });
    expect(await installation.run(['migrate'])).toEqual({
      status: 0,
      stdout: 'The schema is up to date already\n',
      stderr: '',
    });
  });
});

describe('evergrant vault', () => {
  test('counts what each key has sealed, and says that no other key is needed', async () => {
    const status = JSON.parse((await run('vault', 'status', '--json')).stdout) as { primary: string; use: object };
    expect(Object.keys(status.use)).toEqual([status.primary]);
    const rotated = await run('vault', 'rotate');
    expect(rotated.status).toBe(0);
    expect(rotated.stdout).toContain('No other key is needed any more');
    expect(rotated.stderr).toContain('100 %');
    expect((await run('vault')).status).toBe(2);
  });
});

describe('evergrant keys', () => {
  test('makes a key that the API takes, lists it without its secret, and revokes it', async () => {
    const made = await run('keys', 'create', 'Reports', '--permissions', 'connections:read,events:read', '--json');
    expect(made.status).toBe(0);
    const { id, key } = JSON.parse(made.stdout) as { id: string; key: string };
    expect(JSON.parse(made.stderr)).toMatchObject({
      audit: 'key.create',
      actor: expect.stringMatching(/^cli:./),
      object: id,
    });
    expect(made.stderr).not.toContain(key);
    const read = () =>
      fetch(`${world.installation.url}/v1/connections`, { headers: { authorization: `Bearer ${key}` } }).then(
        (r) => r.status,
      );
    expect(await read()).toBe(200);

    const listed = await run('keys');
    expect(listed.stdout).toMatch(new RegExp(`${id} +Reports +connections:read,events:read +- `));
    expect(listed.stdout).not.toContain(key);

    const revoked = await run('keys', 'revoke', id);
    expect(revoked).toMatchObject({ status: 0, stdout: `${id} is revoked\n` });
    expect(JSON.parse(revoked.stderr)).toMatchObject({ audit: 'key.revoke', object: id });
    expect(await read()).toBe(401);
    expect(await run('keys', 'revoke', id)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no such API key'),
    });
  });

  test('says how it is used', async () => {
    const wrong = [
      ['keys', 'create', 'x'],
      ['keys', 'create', 'x', '--permissions', 'all'],
      ['keys', 'revoke'],
      ['keys', 'x'],
    ];
    for (const { status } of await Promise.all(wrong.map((args) => run(...args)))) expect(status).toBe(2);
  });
});

describe('evergrant doctor', () => {
  test('tells what is set up and what to paste where', async () => {
    const { status, stdout, stderr } = await run('doctor');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`${world.installation.url}/integrations/social/sandbox`);
    expect(stdout).toContain('app from the settings; register the redirect URI');
    expect(stdout).not.toContain('FAIL');
    const findings = JSON.parse((await run('doctor', '--json')).stdout) as { ok: boolean }[];
    expect(findings.length).toBeGreaterThan(4);
    expect(findings.every(({ ok }) => ok)).toBe(true);
  });

  test('fails when something is wrong', async () => {
    const { status, stdout } = await world.installation.run(['doctor'], { LOG_LEVEL: 'loud' });
    expect(status).toBe(1);
    expect(stdout).toMatch(/FAIL {2}settings: .*\n.*LOG_LEVEL/);
    const noSecret = await world.installation.run(['doctor'], { LINKEDIN_CLIENT_ID: 'client', VK_CLIENT_ID: 'client' });
    expect(noSecret.status).toBe(1);
    expect(noSecret.stdout.match(/^FAIL.*$/gm)).toEqual([
      'FAIL  linkedin: linkedin needs a client secret, and none is set. Set LINKEDIN_CLIENT_SECRET',
    ]);
    const definition = join(world.installation.folder, 'definition.json');
    writeFileSync(definition, JSON.stringify({ providers: { own: { definition: { name: 'Own' } } } }));
    const faulty = await runProcess(process.execPath, [program, 'doctor', '--config', definition], {
      cwd: world.installation.folder,
    });
    expect(faulty.status).toBe(1);
    expect(faulty.stdout.match(/^FAIL.*$/gm)).toEqual([expect.stringMatching(/^FAIL {2}settings: The settings have/)]);
    const wrongKey = await world.installation.run(['doctor', '--json'], {
      ENCRYPTION_KEYS: newEncryptionKey(),
    });
    expect(wrongKey.status).toBe(1);
    expect(JSON.parse(wrongKey.stdout)).toContainEqual(expect.objectContaining({ ok: false, about: 'encryption key' }));
  });
});

describe('evergrant connect', () => {
  const linkOf = async (running: RunningProcess): Promise<string> => {
    await running.says(/\/connect\/[\w-]+\n/);
    return /http\S+\/connect\/[\w-]+/.exec(running.stderr())![0];
  };

  /** What the person sees in the end. */
  const visit = async (link: string, deny = false): Promise<BrowserPage> => {
    const browser = createBrowser();
    const authorization = await browser.open(link, { stopAt: (url) => url.includes('/oauth/authorize') });
    return browser.open(await world.stub.sandbox.consent(authorization.url, { name: 'Grace Example', deny }));
  };

  test.each(['beside the service', 'alone'] as const)('connects in the browser %s', async (where) => {
    if (where === 'alone') await service.stop();
    const owner = `owner ${where}`;
    const running = world.installation.launch(['connect', 'sandbox', '--owner', owner, '--no-open', '--json']);
    expect((await visit(await linkOf(running))).text).toContain('Grace Example');
    expect(await running.ended).toMatchObject({ status: 0 });
    expect(JSON.parse(running.stdout())).toMatchObject([
      { owner, provider: 'sandbox', status: 'active', account: { name: 'Grace Example' } },
    ]);
  });

  test('fails when the person declines', async () => {
    const running = world.installation.launch(['connect', 'sandbox', '--owner', 'o', '--no-open']);
    expect((await visit(await linkOf(running), true)).text).toContain('consent_denied');
    expect(await running.ended).toMatchObject({ status: 1 });
    expect(running.stdout()).toBe('');
    expect(running.stderr()).toContain('You did not give access');
  });

  test('knows which providers are set up', async () => {
    const result = await run('connect', 'linkedin', '--owner', 'o', '--no-open');
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('LINKEDIN_CLIENT_ID');
  });
});

describe('wrong usage', () => {
  test.concurrent.each([
    ['an unknown command', ['frobnicate'], 'frobnicate'],
    ['an unknown option', ['connections', '--colour'], '--colour'],
    ['an option without its value', ['connections', '--owner'], '--owner'],
    ['a number that is none', ['token', 'conn_1', '--min-valid', 'long'], '--min-valid'],
    ['token without a connection', ['token'], 'id of a connection'],
    ['connect without an owner', ['connect', 'sandbox'], '--owner'],
    ['a status that is none', ['connections', '--status', 'fine'], 'active, limited'],
    ['an option of another command', ['start', '--port', '4000'], 'has no option --port. The port is set by PORT'],
    ['another such option', ['token', 'conn_1', '--dry-run'], 'has no option --dry-run'],
    ['settings for a command that reads none', ['sandbox', '--config', 'x.json'], 'no option --config. It reads no'],
    ['a filter of keys that there is not', ['keys', '--owner', 'o'], 'evergrant keys list has no option --owner'],
    ['permissions of no key', ['keys', 'revoke', 'key_1', '--permissions', 'admin'], 'has no option --permissions'],
    ['a key wrapped for nothing', ['vault', 'rotate', '--wrap', 'aws-kms:x'], 'vault rotate has no option --wrap'],
    ['another such option of vault', ['migrate', '--wrap', 'aws-kms:x'], 'evergrant migrate has no option --wrap'],
    ['a word too many', ['connections', 'active'], '"active"'],
    ['a word for migrate', ['migrate', '0003'], '"0003"'],
    ['a word for a list of keys', ['keys', 'list', 'Reports'], 'keys list does not know what to do with "Reports"'],
    ['a name in two words', ['keys', 'create', 'Weekly', 'reports', '--permissions', 'admin'], '"reports"'],
    ['two words too many', ['token', 'conn_1', 'conn_2'], '"conn_2"'],
  ])('has exit status 2: %s', async (_, args, said) => {
    const { status, stdout, stderr } = await run(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.split('\n')[0]).toContain(said);
    expect(stderr).toContain('evergrant start');
    expect(stderr).not.toMatch(/^\s+at .*:\d+/m);
  });

  test('is not asking for help or the version', async () => {
    const [help, startHelp, version, migrateVersion] = await Promise.all([
      run('--help'),
      run('start', '--help'),
      run('--version'),
      run('migrate', '--version'),
    ]);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(startHelp.stdout).toContain('evergrant doctor');
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(migrateVersion).toEqual(version);
  });
});

import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createApi, expectBody } from '../support/api.ts';
import { freePort, host, newApiKey } from '../support/evergrant.ts';
import { makeFolder } from '../support/folder.ts';
import { runProcess, startProcess } from '../support/process.ts';

const house = fileURLToPath(new URL('../../', import.meta.url));
const installedModules = join(house, '../../node_modules');

/** The oldest Node.js that is supported, for instance; by default the one that runs the tests. */
const node = process.env['PACKAGE_NODE'] ?? process.execPath;

interface Manifest {
  exports: Record<string, Record<string, string>>;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
}

const { path: folder, remove } = makeFolder();
const installed = join(folder, 'project/node_modules/evergrant');
const manifest = (): Manifest => JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest;

const run = async (command: string, args: string[], cwd = join(folder, 'project')) => {
  const { status, stdout, stderr } = await runProcess(command, args, { cwd });
  expect(status, `${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
};

const link = (name: string): void => {
  const place = join(folder, 'project/node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  if (existsSync(place)) return;
  symlinkSync(join(installedModules, name), place);
};

const compilerOptions = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];

/**
 * Compiled, packed and unpacked in an empty project as npm does it. Its declared dependencies, and nothing else, are
 * linked from here, so that no registry is needed.
 */
beforeAll(async () => {
  const copy = join(folder, 'package');
  mkdirSync(installed, { recursive: true });
  for (const name of ['package.json', 'README.md', 'LICENSE', 'bin'])
    cpSync(join(house, name), join(copy, name), { recursive: true });
  const tsc = join(installedModules, '.bin/tsc');
  await run(tsc, ['-p', 'tsconfig.build.json', '--outDir', join(copy, 'dist')], house);
  await run(tsc, ['-p', 'tsconfig.browser.json', '--outDir', join(copy, 'dist')], house);
  await run(process.execPath, [join(house, '../dashboard/build.ts'), join(copy, 'dist/dashboard')], house);
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], copy);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  await run('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', installed]);
  for (const name of Object.keys(manifest().dependencies)) link(name);
  writeFileSync(join(folder, 'project/package.json'), '{ "type": "module" }');
  return remove;
}, 180_000);

describe('the published package, installed in an empty project', () => {
  test('holds everything that it points to, under conditions that others may set', () => {
    const { exports, bin } = manifest();
    const targets = Object.values(exports).flatMap((conditions) =>
      Object.entries(conditions)
        // Ours alone: it leads to the sources of a checkout.
        .filter(([condition]) => condition !== 'evergrant-source')
        .map(([, target]) => target),
    );
    for (const target of [...targets, ...Object.values(bin)]) {
      expect(() => readFileSync(join(installed, target)), target).not.toThrow();
    }
    const known = ['evergrant-source', 'types', 'default'];
    for (const conditions of Object.values(exports))
      expect(known).toEqual(expect.arrayContaining(Object.keys(conditions)));
  });

  test('works as a library, also where others run from their sources', async () => {
    const script = `
      import { createEvergrant } from 'evergrant';
      import 'evergrant/client';
      const evergrant = await createEvergrant({
        database: 'sqlite:./library/evergrant.db',
        publicUrl: 'http://localhost:4000',
        providers: { linkedin: { clientId: 'id', clientSecret: 'secret' } },
      });
      const { url } = await evergrant.connect({ provider: 'linkedin', owner: 'user_42' });
      const { data } = await evergrant.listConnections({ owner: 'user_42' });
      console.log(JSON.stringify({ url, data }));
      await evergrant.close();`;
    writeFileSync(join(folder, 'project/library.js'), script);
    for (const options of [[], ['--conditions=source']]) {
      const { url, data } = JSON.parse(await run(node, [...options, 'library.js'])) as { url: string; data: object[] };
      expect(url).toMatch(/^http:\/\/localhost:4000\/connect\/.{20}/);
      expect(data).toEqual([]);
    }
  });

  test('plays platforms in the tests of others', async () => {
    const script = `
      import { createEvergrant } from 'evergrant';
      import { startPlatforms } from 'evergrant/testing';
      const platforms = await startPlatforms(['x', 'bluesky', 'x-oauth1']);
      const config = { database: 'sqlite::memory:', publicUrl: 'http://localhost:4000', engine: 'none' };
      const evergrant = await createEvergrant({ ...config, providers: platforms.providers }, { clock: platforms.clock });
      const statuses = [];
      for (const provider of ['x', 'bluesky', 'x-oauth1']) {
        const { connections } = await platforms.connect(evergrant, { provider, owner: 'user_42' });
        statuses.push(connections[0].status);
      }
      console.log(JSON.stringify(statuses));
      await evergrant.close();
      await platforms.close();`;
    writeFileSync(join(folder, 'project/played.js'), script);
    expect(JSON.parse(await run(node, ['played.js']))).toEqual(['active', 'active', 'active']);
  });

  test('lets a newcomer follow the guide to a provider, word by word', async () => {
    const guide = readFileSync(join(house, '../../docs/creating-a-provider.md'), 'utf8');
    const files = [...guide.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```/gms)];
    expect(files.map(([, name]) => name)).toEqual([
      'roost.ts',
      'roost.fixture.ts',
      'roost.test.ts',
      'evergrant.config.ts',
    ]);
    const project = join(folder, 'project/roost');
    mkdirSync(project);
    for (const [, name, content] of files) writeFileSync(join(project, name!), content!);
    const report = await run(node, ['--test', '--test-reporter=tap'], project);
    expect(report).toMatch(/^ok .* - Roost played: renews again and again/m);
    expect(report).not.toMatch(/^not ok/m);
    const program = join(installed, manifest().bin['evergrant']!);
    expect(await run(node, [program, 'doctor'], project)).toContain('/integrations/social/roost');

    // And the contract notices when one of the files is wrong.
    const definition = readFileSync(join(project, 'roost.ts'), 'utf8');
    writeFileSync(join(project, 'roost.ts'), definition.replace("clientIdParameter: 'app_key',", ''));
    const broken = await runProcess(node, ['--test'], { cwd: project });
    expect(broken.status).toBe(1);
    expect(broken.stdout).toContain('the exchange: form.client_id: expected null, got "{clientId}"');
    writeFileSync(join(project, 'roost.ts'), definition);
    link('@types/node');
    const sources = files.map(([, name]) => join(project, name!));
    await run(join(installedModules, '.bin/tsc'), [...compilerOptions, '--allowImportingTsExtensions', ...sources]);
  }, 120_000);

  test('has types', async () => {
    link('@types/node');
    const file = join(folder, 'project/types.ts');
    const use = `import { createEvergrant } from 'evergrant';
      import { startPlatforms } from 'evergrant/testing';
      export const revoked: number = (await startPlatforms(['x'])).control('x').revokeGrant();
      const { data } = await (await createEvergrant()).listConnections({ owner: 'user_42' });
      export const id: string | undefined = data[0]?.id;
      // @ts-expect-error it is a text
      export const wrong: number | undefined = data[0]?.id;`;
    writeFileSync(file, use);
    await run(join(installedModules, '.bin/tsc'), [...compilerOptions, file]);
  }, 120_000);

  test('starts as a service, and its commands work beside it', async () => {
    const program = join(installed, manifest().bin['evergrant']!);
    const url = `http://${host}:${await freePort()}`;
    const key = newApiKey();
    const options = { cwd: join(folder, 'project'), env: { PUBLIC_URL: url, EVERGRANT_API_KEY: key } };
    const service = startProcess(node, [program, 'start'], options);
    onTestFinished(async () => {
      service.signal('SIGKILL');
      await service.ended;
    });
    await service.says('Evergrant is ready', 30_000);
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'ok', engine: 'ok' });
    expect((await fetch(url)).status).toBe(200);
    const dashboard = await (await fetch(`${url}/connections`, { headers: { accept: 'text/html' } })).text();
    const script = /src="(\/assets\/[\w.-]+\.js)"/.exec(dashboard)?.[1];
    expect(await (await fetch(url + script)).text()).toContain('evergrant');
    expect(expectBody(await createApi(url, key).connections())).toMatchObject({ data: [] });
    const doctor = await runProcess(node, [program, 'doctor'], options);
    expect(doctor).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ok .*database/m) });
    service.signal('SIGTERM');
    expect(await service.ended).toMatchObject({ status: 0 });
  });
});

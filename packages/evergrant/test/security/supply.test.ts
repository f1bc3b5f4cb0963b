import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../../..');
const read = (file: string) => readFile(join(root, file), 'utf8');
const run = promisify(execFile);

interface LockedPackage {
  version?: string;
  integrity?: string;
  link?: boolean;
}

describe('what is delivered', () => {
  it('L07 every dependency is locked to a version and to its content', async () => {
    const { lockfileVersion, packages } = JSON.parse(await read('package-lock.json')) as {
      lockfileVersion: number;
      packages: Record<string, LockedPackage>;
    };
    expect(lockfileVersion).toBe(3);
    const foreign = Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && !link);
    expect(foreign.length).toBeGreaterThan(50);
    for (const [path, { version, integrity }] of foreign) {
      expect({ path, version, integrity }).toEqual({
        path,
        version: expect.stringMatching(/^\d/),
        integrity: expect.stringMatching(/^sha512-/),
      });
    }
  });

  it('L07 what we depend on ourselves is named exactly', async () => {
    for (const file of ['package.json', 'packages/evergrant/package.json', 'examples/package.json']) {
      const {
        dependencies = {},
        devDependencies = {},
        optionalDependencies = {},
      } = JSON.parse(await read(file)) as Record<string, Record<string, string>>;
      const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
      for (const [name, version] of versions) expect(`${name}@${version}`).toMatch(/@\d+\.\d+\.\d+[\w.-]*$/);
    }
  });

  it('L07 the package holds the program and nothing of the workshop', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '-w', 'evergrant'], {
      cwd: root,
    });
    const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
    for (const { path } of packed!.files)
      expect(path).toMatch(/^(?:bin|dist)\/|^(?:package\.json|README\.md|LICENSE)$/);
  });

  it('L07 the image holds no history, is made of named parts only, and runs without privileges', async () => {
    const dockerfile = await read('Dockerfile');
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER node$/m);
    expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('CMD ['));
    const copied = [...dockerfile.matchAll(/^COPY (.*)$/gm)].map(([, what]) => what!.split(' '));
    for (const parts of copied) expect(parts).not.toContain('.');
    // Everything is left out but what is named.
    const rules = (await read('.dockerignore')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    expect(rules.join('\n')).not.toContain('!.git');
  });

  it('L07 a bill of materials can be made of what runs', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    const [command, ...args] = scripts['sbom']!.split(' ');
    const { stdout } = await run(command!, args, { cwd: root, maxBuffer: 16 * 1024 * 1024 });
    const bill = JSON.parse(stdout) as { bomFormat: string; components: { 'bom-ref': string }[] };
    expect(bill.bomFormat).toBe('CycloneDX');
    const holds = (name: string) => bill.components.some((component) => component['bom-ref'].startsWith(`${name}@`));
    const { dependencies } = JSON.parse(await read('packages/evergrant/package.json')) as {
      dependencies: Record<string, string>;
    };
    for (const name of [...Object.keys(dependencies), 'pg-protocol']) expect([name, holds(name)]).toEqual([name, true]);
    // Optional peers are their users' own.
    const absent = ['vitest', 'react', '@aws-sdk/client-kms', '@temporalio/worker'];
    for (const name of absent) expect([name, holds(name)]).toEqual([name, false]);
  });
});

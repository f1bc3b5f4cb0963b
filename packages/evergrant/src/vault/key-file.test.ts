import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadOrCreateKeyFile } from './key-file.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-keys-'));
  file = join(folder, 'data', 'keys');
});
afterEach(() => rm(folder, { recursive: true }));

const reveal = async (path = file) => (await loadOrCreateKeyFile(path)).keys.map(({ id, key }) => [id, key.reveal()]);

const write = async (text: string, mode = 0o600) => {
  await mkdir(join(folder, 'data'));
  await writeFile(file, text);
  await chmod(file, mode);
};

const refusal = (detail: RegExp) => ({ code: 'storage_key_unavailable', detail: expect.stringMatching(detail) });

describe('loadOrCreateKeyFile', () => {
  it('makes a key that only its owner can read, and finds it again', async () => {
    const made = await loadOrCreateKeyFile(file);
    expect(made).toMatchObject({ created: true, keys: [{ id: expect.stringMatching(/^k[0-9a-f]{8}$/) }] });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'data'))).toEqual(['keys']);
    expect((await loadOrCreateKeyFile(file)).created).toBe(false);
    expect(await reveal()).toEqual(made.keys.map(({ id, key }) => [id, key.reveal()]));
  });

  it('gives every one of several starters the same key', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateKeyFile(file)));
    expect(new Set(results.map(({ keys }) => keys[0]!.key.reveal())).size).toBe(1);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(await readdir(join(folder, 'data'))).toEqual(['keys']);
  });

  it('gives several processes the same key', async () => {
    const module = new URL('./key-file.ts', import.meta.url).href;
    const code = `
      const { loadOrCreateKeyFile } = await import(${JSON.stringify(module)});
      const { keys, created } = await loadOrCreateKeyFile(${JSON.stringify(file)});
      console.log(JSON.stringify([created, keys[0].key.reveal()]));`;
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code]);
    const answers = await Promise.all([run(), run(), run()]);
    const results = answers.map(({ stdout }) => JSON.parse(stdout) as [boolean, string]);
    expect(new Set(results.map(([, key]) => key)).size).toBe(1);
    expect(results.filter(([created]) => created)).toHaveLength(1);
  });

  it('reads keys that the operator wrote, one a line', async () => {
    const [fresh, old] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
    await write(`new:${fresh}\nold:${old}\n`);
    expect(await reveal()).toEqual([
      ['new', fresh],
      ['old', old],
    ]);
  });

  it.each([0o640, 0o604, 0o620, 0o666])('refuses a file with mode %o', async (mode) => {
    await write(`k1:${randomBytes(32).toString('base64')}\n`, mode);
    await expect(loadOrCreateKeyFile(file)).rejects.toMatchObject(refusal(/chmod 600/));
  });

  it.each(['', '\n', 'garbage', 'k1:c2hvcnQ=', '\u0000\u0001', `k1:${'A'.repeat(43)}=`])(
    'refuses and keeps a file that holds %j',
    async (text) => {
      await write(text);
      await expect(loadOrCreateKeyFile(file)).rejects.toMatchObject(refusal(/does not hold keys/));
      expect(await readFile(file, 'utf8')).toBe(text);
    },
  );

  it('refuses a folder in its place, and a place that cannot be made', async () => {
    await mkdir(file, { recursive: true, mode: 0o700 });
    await expect(loadOrCreateKeyFile(file)).rejects.toMatchObject(refusal(/is not a file/));
    await writeFile(join(folder, 'blocked'), '');
    await expect(loadOrCreateKeyFile(join(folder, 'blocked', 'keys'))).rejects.toMatchObject(
      refusal(/cannot be read or made \(ENOTDIR\)/),
    );
  });
});

import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { providerContract } from '../../testing/contract/index.ts';
import type { AnyDefinition } from '../define.ts';
import type { ProviderFixture } from '../fixture.ts';

const docs = join(import.meta.dirname, '../../../../../docs/providers');
const files = await readdir(import.meta.dirname);
const ids = files.filter((file) => /^[a-z0-9-]+\.ts$/.test(file)).map((file) => file.slice(0, -'.ts'.length));

const contracts = await Promise.all(
  ids.map(async (id) => {
    const { default: definition }: { default: AnyDefinition } = await import(`../builtin/${id}.ts`);
    const { default: fixture }: { default: ProviderFixture } = await import(`../builtin/${id}.fixture.ts`);
    const page = await readFile(join(docs, `${id}.md`), 'utf8');
    return { id, definition, checks: providerContract(definition, fixture, { page }) };
  }),
);

describe.each(contracts)('built-in provider $id', ({ id, definition, checks }) => {
  it('has the id of its file', () => {
    expect(definition.id).toBe(id);
  });

  it.each(checks)('$name', async ({ violations }) => {
    expect(await violations()).toEqual([]);
  });
});

describe('every fixture', () => {
  it('belongs to a definition', async () => {
    for (const file of files.filter((name) => name.endsWith('.fixture.ts'))) {
      await access(join(import.meta.dirname, file.replace('.fixture.ts', '.ts')));
    }
  });
});

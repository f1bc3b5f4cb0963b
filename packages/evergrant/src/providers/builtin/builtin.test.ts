import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newKey } from '../../protocols/atproto/index.ts';
import { createSpeech } from '../../protocols/index.ts';
import type { App } from '../../protocols/types.ts';
import { systemClock } from '../../telemetry/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { checkProvider, type Identify } from '../../testing/contract.ts';
import type { AnyDefinition } from '../define.ts';
import type { ProviderFixture } from '../fixture.ts';

const docs = join(import.meta.dirname, '../../../../../docs/providers');
const headings = [
  'Set up the app',
  'Scopes',
  'How the token lives',
  'Accounts',
  'Errors worth knowing',
  'Limits',
  'What is unconfirmed',
  'Sources',
];

const files = await readdir(import.meta.dirname);
const ids = files.filter((file) => /^[a-z0-9-]+\.ts$/.test(file)).map((file) => file.slice(0, -'.ts'.length));

const logger: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Accounts are found by a room above this one, which only the test may know. */
const { identify }: { identify: Identify } = await import('../../connections/identify.ts');

const key = newKey();
const tools = { clock: systemClock, logger, clientKey: async () => key, resolveTxt: async () => [] };

const load = async (id: string) => {
  const { default: definition }: { default: AnyDefinition } = await import(`../builtin/${id}.ts`);
  const { default: fixture }: { default: ProviderFixture } = await import(`../builtin/${id}.fixture.ts`);
  return { definition, fixture };
};

const check = (definition: AnyDefinition, fixture: ProviderFixture) =>
  checkProvider(definition, fixture, {
    createProtocol: (egress) => createSpeech(egress, tools).protocolOf({ definition } as App),
    identify,
  });

describe.each(ids)('built-in provider %s', (id) => {
  it('keeps the contract', async () => {
    const { definition, fixture } = await load(id);
    expect(definition.id).toBe(id);
    expect(await check(definition, fixture)).toEqual([]);
  });

  it('has a docs page with the redirect URI, the usual headings and every scope', async () => {
    const { definition } = await load(id);
    const page = await readFile(join(docs, `${id}.md`), 'utf8');
    expect(page).toContain(`https://YOUR-HOST/integrations/social/${id}\n`);
    expect([...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(headings);
    expect(page).toContain(definition.facts?.date);
    for (const scope of [...definition.scopes.required, ...(definition.scopes.optional ?? [])]) {
      expect(page).toContain(`\`${scope.slice(scope.lastIndexOf('/') + 1)}\``);
    }
  });
});

describe('every fixture', () => {
  it('belongs to a definition', async () => {
    for (const file of files.filter((name) => name.endsWith('.fixture.ts'))) {
      await access(join(import.meta.dirname, file.replace('.fixture.ts', '.ts')));
    }
  });
});

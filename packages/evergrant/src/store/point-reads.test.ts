import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../telemetry/clock.ts';
import { keys, openStore, type Store } from './index.ts';

const key = (hash: string) => ({
  id: `key_${hash}`,
  name: hash,
  key_hash: hash,
  permissions: '["admin"]',
  owner: null,
  created_at: 1,
  revoked_at: null,
  last_used_at: null,
});

describe.each(['a file', ':memory:'])('point reads of %s', (kind) => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evergrant-store-'));
    store = await openStore(
      { kind: 'sqlite', path: kind === ':memory:' ? kind : join(folder, 'evergrant.db') },
      { clock: systemClock },
    );
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it('find what was written, and nothing else', async () => {
    expect(await store.reads.apiKey('one')).toBeUndefined();
    await keys.insert(store.db, key('one'));
    await keys.insert(store.db, key('two'));
    expect(await store.reads.apiKey('one')).toMatchObject({ id: 'key_one', key_hash: 'one' });
    expect(await store.reads.apiKey('two')).toMatchObject({ id: 'key_two' });
    expect(await store.reads.connection('conn_none')).toBeUndefined();
  });

  it('see a transaction once it has committed', async () => {
    await store.transaction((tx) => keys.insert(tx, key('one')));
    expect(await store.reads.apiKey('one')).toBeDefined();
  });
});

describe('point reads of a file', () => {
  it('neither wait for a transaction nor see what it has not committed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evergrant-store-'));
    const store = await openStore({ kind: 'sqlite', path: join(folder, 'evergrant.db') }, { clock: systemClock });
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const { promise: written, resolve: write } = Promise.withResolvers<void>();
    const transaction = store.transaction(async (tx) => {
      await keys.insert(tx, key('one'));
      write();
      await mayCommit;
    });
    await written;
    expect(await store.reads.apiKey('one')).toBeUndefined();
    commit();
    await transaction;
    expect(await store.reads.apiKey('one')).toBeDefined();
    await store.close();
    await rm(folder, { recursive: true });
  });
});

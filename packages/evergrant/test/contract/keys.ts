import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { hashToken } from '../../src/connections/tokens.ts';
import type { Permission } from '../../src/http/keyring.ts';
import { keys, openStore } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { newId } from '../../src/telemetry/ids.ts';
import type { Harness } from '../security/support.ts';

/** Puts an API key into the database of a harness, past the service. */
export const addKey = async (
  harness: Harness,
  permissions: Permission[],
  { owner = null, revoked = false }: { owner?: string | null; revoked?: boolean } = {},
): Promise<string> => {
  const key = harness.canaries.add('API key', `eg_${randomBytes(32).toString('base64url')}`);
  const store = await openStore({ kind: 'sqlite', path: join(harness.folder, 'evergrant.db') }, { clock: systemClock });
  try {
    await keys.insert(store.db, {
      id: newId('key'),
      name: permissions.join(' '),
      key_hash: hashToken(key),
      permissions: JSON.stringify(permissions),
      owner,
      created_at: Date.now(),
      revoked_at: revoked ? Date.now() : null,
    });
  } finally {
    await store.close();
  }
  return key;
};

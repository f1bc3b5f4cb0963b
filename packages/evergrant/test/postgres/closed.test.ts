import { randomBytes } from 'node:crypto';
import { test } from 'vitest';
import { expectItSaysThatItIsClosed } from '../support/after-close.ts';
import { describeWithPostgres } from './support.ts';

describeWithPostgres('an Evergrant on PostgreSQL that was closed', (server) => {
  test('says so, whatever it is asked', async () => {
    const { url } = await server.createDatabase();
    const encryptionKeys = `test:${randomBytes(32).toString('base64')}`;
    await expectItSaysThatItIsClosed({ database: url.reveal(), encryptionKeys, dashboard: false });
  });
});

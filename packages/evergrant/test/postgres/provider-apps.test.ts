import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createEvergrant } from '../../src/evergrant.ts';
import type { EvergrantConfig } from '../../src/settings/index.ts';
import { until } from '../support/wait.ts';
import { describeWithPostgres } from './support.ts';

describeWithPostgres('apps that are set at run time, on two servers', (server) => {
  test('are known to both, whichever was told, and the last one told counts', async () => {
    const { url, query } = await server.createDatabase();
    const config: EvergrantConfig = {
      database: url.reveal(),
      engine: 'none',
      publicUrl: 'http://localhost:3000',
      encryptionKeys: `test:${randomBytes(32).toString('base64')}`,
    };
    const nodes = await Promise.all([createEvergrant(config), createEvergrant(config)]);
    const [one, two] = nodes;
    try {
      const known = () => nodes.map(({ catalogue }) => catalogue.get('linkedin').clientId);
      await one!.apps.set('linkedin', { clientId: 'first', clientSecret: 'the first secret' });
      expect(known()[0]).toBe('first');
      await until('the other server knows', () => known()[1] === 'first');

      await Promise.all(nodes.map(({ apps }, index) => apps.set('linkedin', { clientId: `set by ${index}` })));
      await until('both agree', () => new Set(known()).size === 1);
      const rows = await query(
        "select client_id from provider_apps where retired_at is null and provider = 'linkedin'",
      );
      expect(rows).toEqual([{ client_id: known()[0] }]);

      await two!.apps.remove('linkedin');
      await until('it is gone on both', () => known().every((clientId) => clientId === null));
      expect(await query('select id from provider_apps')).toEqual([]);
    } finally {
      for (const node of nodes) await node.close();
    }
  });
});

import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { connectAccount, createOidcWorld } from '../support/oidc.ts';
import { until } from '../support/wait.ts';
import { runKillRounds } from './rounds.ts';

/* What takes half a minute, side by side: one test waits, the others keep the processor busy. */

describe.concurrent('over half a minute', () => {
  test('a token is renewed before it ends, without anyone reading', async () => {
    const world = await createOidcWorld('explicit');
    try {
      const { api } = world.installation;
      await world.installation.start();
      // Nothing is renewed in the background within half a minute of the last time, so less would not do.
      await world.server.behave({ accessTokenSeconds: 40 });
      const connection = await connectAccount(world.installation, { login: 'ada' });
      const end = Date.parse(connection.token.expires_at!);
      expect(Date.parse(connection.token.next_refresh_at!)).toBeLessThan(end);

      const renewed = await until(
        'the renewal',
        async () => {
          const current = expectBody(await api.connection(connection.id));
          return current.token.generation > 1 ? current : null;
        },
        { within: 45_000, every: 250 },
      );
      expect(Date.parse(renewed.token.last_refreshed_at!)).toBeLessThan(end);
      expect(renewed).toMatchObject({ status: 'active', token: { generation: 2 } });
      expect((await world.server.facts()).requests).toEqual({ authorization_code: 1, refresh_token: 1 });
    } finally {
      await world.dispose();
    }
  });

  test.each([1, 2])(
    'ten kills lose nothing but answers that never became durable (%i of 2)',
    { timeout: 120_000 },
    async () => {
      const seed = randomInt(2 ** 31);
      const tally = await runKillRounds(10, seed);
      console.info(`10 kills, seed ${seed}: ${JSON.stringify(tally)}`);
      expect(tally.committed + tally.recovered, `seed ${seed}`).toBeGreaterThan(0);
    },
  );
});

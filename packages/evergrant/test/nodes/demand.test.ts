import { expect, onTestFinished, test } from 'vitest';
import { startEvergrant } from '../../src/evergrant.ts';
import { parseSettings } from '../../src/settings/index.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { createManualClock } from '../../src/testing/manual-clock.ts';
import { describeWithPostgres } from '../postgres/support.ts';
import { until } from '../support/wait.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { type Platform, startPlatform } from './platform.ts';

const hour = 3_600_000;

const usePlatform = async (): Promise<Platform> => {
  const platform = await startPlatform();
  onTestFinished(() => platform.close());
  return platform;
};

describeWithPostgres('readers on several nodes', (server) => {
  test('of one token that ran out cause one renewal, and all get what it brought', async () => {
    const platform = await usePlatform();
    const cluster = await createCluster(await server.createDatabase(), platform);
    const nodes = await cluster.startNodes(4);
    platform.answerAfter(300);
    for (let round = 0; round < 2; round++) {
      const account = await cluster.connect({ living: -1000, dueIn: hour });
      const answers = await Promise.all(
        nodes.flatMap(({ api }) => Array.from({ length: 100 }, () => api.token(account.connectionId))),
      );
      const { accessToken, grant, refreshToken } = await cluster.stored(account);
      expect(grant.generation).toBe(2);
      for (const { status, body } of answers) {
        expect({ status, token: body.access_token, generation: body.generation }).toEqual({
          status: 200,
          token: accessToken,
          generation: 2,
        });
      }
      expect(platform.requests(account.token)).toBe(1);
      expect(platform.accepts(refreshToken)).toBe(true);
    }
    expect(platform.refusals()).toBe(0);
    for (const { service } of nodes) expect(await service.stop()).toBe(0);
  });

  test('who wait for the renewal of another node are woken by it, and need not look', async () => {
    const platform = await usePlatform();
    const cluster = await createCluster(await server.createDatabase(), platform);
    const account = await cluster.connect({ living: -1000, dueIn: hour });
    const renewing = await startNode(cluster);
    // Its clock stands still: whoever waits here for a time to pass waits for ever.
    const clock = createManualClock(Date.now());
    let pauses = 0;
    const waiting = await startNode(cluster, {
      ...clock,
      after(milliseconds, callback) {
        pauses++;
        return clock.after(milliseconds, callback);
      },
    });

    platform.hold();
    const first = renewing.getAccessToken(account.connectionId);
    await until('the renewal', () => platform.held().length === 1);
    const second = waiting.getAccessToken(account.connectionId);
    await until('the wait for it', () => pauses > 0);
    platform.release();
    expect(await second).toEqual(await first);
    expect(await second).toMatchObject({ generation: 2 });
    expect(platform.requests(account.token)).toBe(1);
  });
});

/** A node in this process that renews for readers only. */
const startNode = async (cluster: Cluster, clock?: ReturnType<typeof createManualClock>) => {
  const { settings } = parseSettings(
    {
      database: cluster.url,
      encryptionKeys: cluster.encryptionKeys,
      providers: cluster.providers,
      engine: 'none',
    },
    {},
    { builtins: [] },
  );
  const evergrant = await startEvergrant(settings, { logger: silentLogger, ...(clock ? { clock } : {}) });
  onTestFinished(() => evergrant.close());
  return evergrant;
};

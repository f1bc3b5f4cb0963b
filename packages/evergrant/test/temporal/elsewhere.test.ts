import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { expect, test } from 'vitest';
import { refreshNowId } from '../../src/engine/temporal/contract.ts';
import { describeWithPostgres } from '../postgres/support.ts';
import { findSecrets } from '../support/canaries.ts';
import { until } from '../support/wait.ts';
import { createFleet, record } from './fleet.ts';
import { describeWithTemporal } from './server.ts';

const hour = 3_600_000;

describeWithTemporal('a read of a token that only some workers may renew', (temporal) => {
  describeWithPostgres('on PostgreSQL', (server) => {
    test('is answered by them, however many wait for it, and sends nothing itself', async () => {
      const fleet = await createFleet(temporal, server, { TEMPORAL_GROUPS: 'eu=lenient' });
      const [{ api }, { api: other }] = await Promise.all([fleet.startApi(), fleet.startApi()]);
      await fleet.startWorker();
      await fleet.startWorker('--groups', 'eu');
      const expired = await fleet.connect({ kind: 'lenient', living: -1000, dueIn: hour });
      // Whatever asks for a renewal comes while the first request is under way.
      fleet.platform.hold();
      const reads = Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? api : other).token(expired.connectionId),
      );
      await until('its request', () => fleet.platform.held().length === 1, { within: 30_000 });
      fleet.platform.release();
      for (const { status, body } of await Promise.all(reads)) {
        expect({ status, generation: body?.generation }).toEqual({ status: 200, generation: 2 });
      }
      expect(fleet.platform.requests(expired.token)).toBe(1);

      // What the worker meets comes back as the error that a renewal from here would have ended with.
      const ended = await fleet.connect({ kind: 'lenient', living: -1000, dueIn: hour });
      fleet.platform.revoke(ended.token);
      expect((await api.token(ended.connectionId)).problem).toMatchObject({ code: 'reauth_required' });
      const workflow = temporal.client.workflow.getHandle(refreshNowId(fleet.taskQueue, ended.grantId, 1));
      expect(await workflow.result()).toEqual({ kind: 'ended', code: 'reauth_required' });
      await record('refresh-now', workflow);
      const history = historyToJSON(await workflow.fetchHistory());
      expect(findSecrets('history', history, { grant: [ended.grantId] })).not.toEqual([]);
      expect(findSecrets('history', history, { token: [ended.token], key: [fleet.apiKey] })).toEqual([]);
    }, 180_000);

    test('is told to come back where there is none of them, and goes on with what still lives', async () => {
      const fleet = await createFleet(temporal, server, { TEMPORAL_GROUPS: 'eu=lenient' });
      const { api, service } = await fleet.startApi();
      const expired = await fleet.connect({ kind: 'lenient', living: -1000, dueIn: hour });
      const short = await fleet.connect({ kind: 'lenient', living: 120_000, dueIn: hour });
      const elsewhere = await fleet.connect({ living: -1000, dueIn: hour });
      // Workflows run, but nobody is there who may send it.
      await fleet.startWorker();
      const read = () => api.token(expired.connectionId);
      const [refused, living] = await Promise.all([
        read(),
        api.call('GET', `/v1/connections/${short.connectionId}/token?min_valid=600`),
      ]);
      expect(refused).toMatchObject({ status: 503, problem: { code: 'engine_stalled' } });
      expect(living).toMatchObject({ status: 200, body: { generation: 1 } });
      expect(fleet.asked([expired, short])).toBe(0);

      await temporal.kill();
      expect(await read()).toMatchObject({ status: 503, problem: { code: 'engine_stalled' } });
      // All others need no Temporal.
      expect((await api.token(elsewhere.connectionId)).body?.generation).toBe(2);
      expect(fleet.asked([expired])).toBe(0);
      await temporal.start();
      await fleet.startWorker('--groups', 'eu');
      await until('the renewal', async () => (await read()).status === 200, { within: 90_000, every: 500 });
      expect(fleet.platform.requests(expired.token)).toBe(1);
      expect(await service.stop()).toBe(0);
    }, 240_000);
  });
});

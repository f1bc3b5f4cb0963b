import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { EventType } from '../../src/events/index.ts';
import { createEvergrant } from '../../src/evergrant.ts';
import type { EvergrantConfig } from '../../src/settings/index.ts';
import { events, openStore } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { newId } from '../../src/telemetry/ids.ts';
import { createCluster } from '../nodes/cluster.ts';
import { startPlatform } from '../nodes/platform.ts';
import { describeWithPostgres } from '../postgres/support.ts';
import { useFolder } from '../support/folder.ts';
import { startProcess } from '../support/process.ts';
import { seededRandom } from '../support/random.ts';
import { type Received, startReceiver } from '../support/receiver.ts';
import { until } from '../support/wait.ts';
import type { Orders } from './child.ts';

const hour = 3_600_000;

/** Processes start slowly on a busy machine. */
const patient = { within: 60_000 };

/** The first time that each event came, in that order. */
const firstOf = (received: readonly Received[]): Received[] =>
  [...new Map(received.toReversed().map((one) => [one.headers['webhook-id'], one])).values()].sort(
    (one, other) => received.indexOf(one) - received.indexOf(other),
  );

test('an endpoint that is down for a day gets every event, whose process is killed again and again meanwhile', async () => {
  const seed = randomInt(1_000_000);
  const random = seededRandom(seed);
  const folder = useFolder();
  const database = join(folder, 'evergrant.db');
  const config: EvergrantConfig = {
    database: `sqlite:${database}`,
    encryptionKeys: `test:${randomBytes(32).toString('base64')}`,
    publicUrl: 'http://127.0.0.1:9',
    engine: 'none',
  };
  const library = await createEvergrant(config);
  onTestFinished(() => library.close());
  const store = await openStore({ kind: 'sqlite', path: database }, { clock: systemClock });
  onTestFinished(() => store.close());
  const receiver = await startReceiver(() => ({ status: 503 }));
  const { secret } = await library.webhooks.endpoints.create({ url: receiver.url });
  let ahead = 0;

  const startLife = async () => {
    const orders: Orders = { config: { ...config, engine: 'embedded' }, ahead };
    const child = startProcess(
      process.execPath,
      ['--conditions=evergrant-source', join(import.meta.dirname, 'child.ts')],
      {
        cwd: folder,
        env: { EVENTS_TEST_ORDERS: JSON.stringify(orders) },
      },
    );
    onTestFinished(async () => {
      child.signal('SIGKILL');
      await child.ended;
    });
    await child.says('ready', patient.within);
    return child;
  };
  const kill = async (child: Awaited<ReturnType<typeof startLife>>): Promise<void> => {
    child.signal('SIGKILL');
    await child.ended;
  };

  const connections = ['conn_a', 'conn_b', 'conn_c', 'conn_d'];
  const written: { id: string; connection: string }[] = [];
  const happen = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const one = { id: newId('evt'), connection: connections[Math.floor(random() * connections.length)]! };
      const type: EventType = 'connection.refreshed';
      const about = { type, connection_id: one.connection, owner: 'owner', provider: 'acme' };
      await store.transaction((tx) =>
        events.insert(tx, [{ id: one.id, ...about, at: Date.now() + ahead, data: '{}' }]),
      );
      written.push(one);
    }
  };

  for (let life = 0; life < 5; life++) {
    await happen(5);
    const before = receiver.received.length;
    const child = await startLife();
    await until('an attempt', () => receiver.received.length > before, patient);
    await happen(3);
    await kill(child);
    ahead += 5 * hour;
  }
  const down = receiver.received.length;

  // Up again; and killed once more while it catches up, with answers on their way.
  receiver.behave(() => (receiver.received.length - down > 15 ? 'hang' : { status: 200 }));
  const catching = await startLife();
  await until('half of them', () => receiver.received.length > down + 15, patient);
  await kill(catching);
  receiver.behave(() => ({ status: 200 }));
  ahead += 60_000;
  const last = await startLife();
  const taken = () => receiver.received.slice(down);
  await until('all of them', () => firstOf(taken()).length === written.length, patient);
  last.signal('SIGTERM');
  expect(await last.ended).toMatchObject({ status: 0 });

  const arrived = new Set(taken().map(({ headers }) => headers['webhook-id']));
  expect({ seed, arrived }).toEqual({ seed, arrived: new Set(written.map(({ id }) => id)) });
  for (const connection of connections) {
    const own = firstOf(taken()).filter(({ event }) => event.data.connection_id === connection);
    expect({ seed, ids: own.map(({ event }) => event.data.id) }).toEqual({
      seed,
      ids: written.filter((one) => one.connection === connection).map(({ id }) => id),
    });
  }
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + ahead);
  for (const { body, headers, event } of taken()) {
    expect(new Webhook(secret.reveal()).verify(body, headers)).toEqual(event);
  }
  clock.mockRestore();
}, 180_000);

describeWithPostgres('two servers on one database', (server) => {
  test('deliver each event once, in order of each connection, whichever of them it happened at', async () => {
    const platform = await startPlatform();
    onTestFinished(() => platform.close());
    const cluster = await createCluster(await server.createDatabase(), platform);
    const nodes = await cluster.startNodes(2);
    const receiver = await startReceiver();
    const made = await nodes[0]!.api.call<{ id: string }>('POST', '/v1/webhooks', { body: { url: receiver.url } });
    expect(made.status).toBe(201);
    const accounts = await Promise.all(Array.from({ length: 6 }, () => cluster.connect({ living: hour, dueIn: hour })));
    for (let round = 0; round < 6; round++) {
      await Promise.all(
        accounts.map(async ({ connectionId }, index) => {
          for (const disabled of [true, false]) {
            const node = nodes[(round + index) % 2]!;
            await node.api.call('PATCH', `/v1/connections/${connectionId}`, { body: { disabled } });
          }
        }),
      );
    }
    const happened = accounts.length * 12;
    await until('every event', () => firstOf(receiver.received).length === happened, patient);
    const pending = async () =>
      (await nodes[1]!.api.call<{ data: object[] }>('GET', `/v1/webhooks/${made.body.id}/deliveries?status=pending`))
        .body.data.length;
    await until('the end', async () => (await pending()) === 0);
    expect(receiver.received).toHaveLength(happened);
    for (const { connectionId } of accounts) {
      const { body } = await nodes[0]!.api.call<{ data: { id: string; type: string }[] }>(
        'GET',
        `/v1/events?connection_id=${connectionId}&limit=200`,
      );
      const own = receiver.received.filter(({ event }) => event.data.connection_id === connectionId);
      expect(own.map(({ event }) => event.data.id)).toEqual(body.data.toReversed().map(({ id }) => id));
      expect(own.map(({ event }) => event.type)).toEqual(
        Array.from({ length: 6 }, () => ['connection.disabled', 'connection.updated']).flat(),
      );
    }
    for (const { service } of nodes) expect(await service.stop()).toBe(0);
  });
});

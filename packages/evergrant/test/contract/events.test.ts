import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/telemetry/ids.ts';
import { eventually, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';
import { openStream } from '../support/event-source.ts';
import { addKey } from './keys.ts';

interface EventBody {
  id: string;
  type: string;
  connection_id: string | null;
  owner: string | null;
  provider: string | null;
  at: string;
  data: object;
}

interface PageBody {
  data: EventBody[];
  next_cursor: string | null;
  code?: string;
}

const list = async (harness: Harness, query = '', key?: string) =>
  (await harness.api<PageBody>('GET', `/v1/events${query}`, { key })).data;

const idsOf = ({ data }: PageBody): string[] => data.map(({ id }) => id);

const disable = (harness: Harness, id: string, disabled: boolean) =>
  harness.api('PATCH', `/v1/connections/${id}`, { json: { disabled } });

/** Events past the service, as another process writes them. */
const write = async (harness: Harness, count: number, data = '{}'): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => newId('evt'));
  const insertAll = (): boolean =>
    harness.sql((database) => {
      try {
        database.exec('begin immediate');
      } catch {
        // The service is writing, on this same thread: it must be let go on.
        return false;
      }
      const insert = database.prepare(
        `insert into events (id, type, connection_id, owner, provider, at, data)
        values (?, 'connection.refreshed', 'conn_x', 'owner-1', 'acme', ?, ?)`,
      );
      for (const id of ids) insert.run(id, harness.clock.now(), data);
      database.exec('commit');
      return true;
    });
  await eventually('the database to be free', insertAll);
  return ids;
};

const follow = (harness: Harness, query = '', { key = harness.apiKey, ...more }: Record<string, string> = {}) =>
  openStream(`${harness.listening}/v1/events/stream${query}`, { authorization: `Bearer ${key}`, ...more });

describe('the timeline of everything', () => {
  it('shows what happened, newest first, in pages', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    await disable(harness, connection.id, true);
    await harness.api('DELETE', `/v1/connections/${connection.id}`);
    const all = await list(harness);
    expect(all.data).toMatchObject([
      { type: 'connection.deleted' },
      { type: 'connection.disabled' },
      {
        id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
        type: 'connection.created',
        connection_id: connection.id,
        owner: 'owner-1',
        provider: 'acme',
        at: expect.stringMatching(/Z$/),
        data: {},
      },
    ]);
    const first = await list(harness, '?limit=2');
    const second = await list(harness, `?limit=2&cursor=${first.next_cursor}`);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(idsOf(all));
    expect(second.next_cursor).toBeNull();
    expect(await harness.evergrant.listAllEvents({ limit: 1 })).toMatchObject({ data: [{ id: idsOf(all)[0] }] });
  });

  it('is read on from an event, in order', async () => {
    await using harness = await startHarness();
    const ids = await write(harness, 7);
    expect(idsOf(await list(harness, `?after=${ids[1]}`))).toEqual(ids.slice(2));
    const first = await list(harness, `?after=${ids[1]}&limit=3`);
    expect(idsOf(first)).toEqual(ids.slice(2, 5));
    const second = await list(harness, `?after=${ids[1]}&limit=3&cursor=${first.next_cursor}`);
    expect(idsOf(second)).toEqual(ids.slice(5));
    expect(second.next_cursor).toBeNull();
    expect(await list(harness, `?after=${ids[6]}`)).toEqual({ data: [], next_cursor: null });
  });

  it('goes on with the oldest event that is kept after one that is not', async () => {
    await using harness = await startHarness({ config: { engine: 'embedded', eventsRetentionDays: 10 } });
    const old = await write(harness, 3);
    harness.clock.advance(11 * 24 * 3_600_000);
    const { connection } = await harness.connect();
    await eventually('the old ones to go', async () => {
      harness.clock.advance(20_000);
      return (
        (await list(harness, `?cursor=${Buffer.from(old[2]!).toString('base64url')}`)).data.length === 0 &&
        (await list(harness, '?limit=200')).data.every(({ id }) => !old.includes(id))
      );
    });
    const after = await list(harness, `?after=${old[1]}`);
    expect(after.data[0]).toMatchObject({ type: 'connection.created', connection_id: connection.id });
  });

  it.each([
    '?after=evt_1',
    '?after=conn_00000000000000000000000000000000',
    `?after=evt_${'f'.repeat(32)}`,
    '?type=x',
    '?type=',
    '?limit=0',
    '?unknown=1',
  ])('refuses %s', async (query) => {
    await using harness = await startHarness();
    await harness.connect();
    for (const path of ['/v1/events', '/v1/events/stream']) {
      const reply = await harness.api('GET', path + query);
      expect(reply).toMatchObject({ status: 400, data: { code: 'invalid_request' } });
    }
  });

  it('is restricted by type, connection, platform and owner', async () => {
    await using harness = await startHarness();
    const one = (await harness.connect({ owner: 'owner-1' })).connection;
    const two = (await harness.connect({ owner: 'owner-2' }, { account: 'bob' })).connection;
    await disable(harness, two.id, true);
    const found = async (query: string) =>
      (await list(harness, query)).data.map(({ type, connection_id }) => [type, connection_id]);
    expect(await found('?type=connection.disabled')).toEqual([['connection.disabled', two.id]]);
    expect(await found('?type=connection.disabled,connection.deleted&owner=owner-1')).toEqual([]);
    expect(await found(`?connection_id=${one.id}`)).toEqual([['connection.created', one.id]]);
    expect(await found('?owner=owner-2')).toHaveLength(2);
    expect(await found('?provider=acme')).toHaveLength(3);
    expect(await found('?provider=other')).toEqual([]);
  });

  it('A02 holds for a bound key what its owner has, and nothing else exists', async () => {
    await using harness = await startHarness();
    const own = (await harness.connect({ owner: 'owner-1' })).connection;
    const foreign = (await harness.connect({ owner: 'owner-2' }, { account: 'bob' })).connection;
    const [latest, earliest] = (await list(harness)).data;
    const key = await addKey(harness, ['events:read'], { owner: 'owner-1' });
    for (const query of ['', '?owner=owner-1']) {
      expect((await list(harness, query, key)).data.map(({ connection_id }) => connection_id)).toEqual([own.id]);
    }
    for (const query of ['?owner=owner-2', `?connection_id=${foreign.id}`]) {
      expect(await list(harness, query, key)).toEqual({ data: [], next_cursor: null });
    }
    // Neither does an event of another owner exist as a place to go on from.
    expect(await list(harness, `?after=${latest!.id}`, key)).toMatchObject({ code: 'invalid_request' });
    expect(await list(harness, `?after=${earliest!.id}`, key)).toEqual({ data: [], next_cursor: null });
    const stream = await follow(harness, '', { key });
    const nothing = await follow(harness, '?owner=owner-2', { key });
    await disable(harness, foreign.id, true);
    await disable(harness, own.id, true);
    await eventually('the own event', () => stream.messages.length > 0);
    expect(stream.messages.map(({ data }) => data.connection_id)).toEqual([own.id]);
    expect(nothing.messages).toEqual([]);
  });
});

describe('the stream of events', () => {
  it('tells what happens from now on, so that proxies pass it on at once', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const stream = await follow(harness);
    expect(stream.status).toBe(200);
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await disable(harness, connection.id, true);
    await eventually('the event', () => stream.messages.length > 0);
    const [newest] = (await list(harness)).data;
    expect(stream.messages).toEqual([{ id: newest!.id, event: 'connection.disabled', data: newest }]);
  });

  it('goes on after the event that was seen last: nothing is missed, and nothing comes twice', async () => {
    await using harness = await startHarness();
    const seed = randomInt(1_000_000);
    const written = await write(harness, 3);
    const seen: string[] = [];
    let [rounds, last] = [0, written[0]!];
    seen.push(last);
    while (seen.length < 4000) {
      const resumed =
        rounds % 2 === 0
          ? await follow(harness, '', { 'last-event-id': last })
          : await follow(harness, `?after=${last}`);
      // More than one look takes, while it catches up and while it is live.
      written.push(...(await write(harness, 1 + ((seed + rounds * 7919) % 900))));
      const before = resumed.messages.length;
      await eventually('something new', () => resumed.messages.length > before);
      written.push(...(await write(harness, 1 + ((seed + rounds * 104_729) % 700))));
      await eventually('something more', () => resumed.messages.length > before + 1);
      resumed.close();
      seen.push(...resumed.ids());
      last = seen.at(-1)!;
      rounds += 1;
    }
    const rest = await follow(harness, '', { 'last-event-id': last });
    await eventually('the rest', () => seen.length + rest.messages.length >= written.length);
    expect({ seed, ids: [...seen, ...rest.ids()] }).toEqual({ seed, ids: written });
  });

  it('begins after an event that those who follow already have not been told of yet', async () => {
    await using harness = await startHarness();
    const already = await follow(harness);
    await write(harness, 1);
    await eventually('the look-out', () => already.messages.length === 1);
    for (let round = 0; round < 3; round++) {
      const written = await write(harness, 5);
      const stream = await follow(harness, `?after=${written[2]}`);
      written.push(...(await write(harness, 2)));
      await eventually('the rest', () => stream.messages.length >= 4);
      await eventually('all', () => already.ids().at(-1) === written.at(-1));
      expect(stream.ids()).toEqual(written.slice(3));
      stream.close();
    }
    expect(new Set(already.ids()).size).toBe(1 + 3 * 7);
    expect(already.messages).toHaveLength(1 + 3 * 7);
  });

  it('is kept open by comments, and ends when its key is revoked', async () => {
    await using harness = await startHarness();
    const made = await harness.api<{ id: string; key: string }>('POST', '/v1/keys', {
      json: { name: 'reader', permissions: ['events:read'] },
    });
    harness.canaries.add('API key', made.data.key);
    const [kept, revoked] = [await follow(harness), await follow(harness, '', { key: made.data.key })];
    harness.clock.advance(15_000);
    await eventually('comments', () => kept.comments() === 1 && revoked.comments() === 1);
    await harness.api('DELETE', `/v1/keys/${made.data.id}`);
    harness.clock.advance(15_000);
    await eventually('the end', () => revoked.hasEnded());
    await eventually('another comment', () => kept.comments() === 2);
    expect(kept.hasEnded()).toBe(false);
  });

  it('ends when the service stops', async () => {
    await using harness = await startHarness();
    const stream = await follow(harness);
    harness.evergrant.endStreams();
    await eventually('the end', () => stream.hasEnded());
    const late = await follow(harness);
    await eventually('the end at once', () => late.hasEnded());
  });

  it('waits for a slow reader without keeping for it what it has not read', async () => {
    await using harness = await startHarness();
    const url = `${harness.listening}/v1/events/stream`;
    const headers = { authorization: `Bearer ${harness.apiKey}` };
    const slow = await openStream(url, headers, { reading: false });
    const written: string[] = [];
    // Far more than what the sockets of both sides and the buffer hold together.
    const data = JSON.stringify({ code: 'x'.repeat(4000) });
    for (let round = 0; round < 10; round++) {
      written.push(...(await write(harness, 500, data)));
      harness.clock.advance(500);
    }
    slow.read();
    await eventually('everything', () => slow.messages.length === written.length, 20_000);
    expect(slow.ids()).toEqual(written);
  });
});

itKeepsSecrets();

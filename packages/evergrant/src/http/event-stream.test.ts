import { describe, expect, it } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import type { Follower } from '../events/following.ts';
import type { TimelineEvent } from '../events/index.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { HttpDependencies } from './deps.ts';
import { streamEvents } from './event-stream.ts';

const beat = 15_000;

const eventOf = (id: string, data: object = {}): TimelineEvent => ({
  id,
  type: 'connection.created',
  connectionId: 'conn_1',
  owner: 'owner',
  provider: 'acme',
  at: '2026-11-26T12:00:00.000Z',
  data,
});

/** A stream whose events the test sends. */
const open = async () => {
  const clock = createManualClock();
  const seen = { left: 0, asked: 0, fault: null as Error | null };
  let follower: Follower | undefined;
  const deps = {
    context: { clock },
    following: {
      size: 0,
      async follow(_filter: unknown, _after: unknown, given: Follower) {
        follower = given;
        return () => void seen.left++;
      },
    },
  } as unknown as HttpDependencies;
  const check = async () => {
    seen.asked++;
    if (seen.fault) throw seen.fault;
  };
  const body = await streamEvents(deps, { check, filter: {}, after: undefined });
  /** Lets a heartbeat pass, with what it awaits. */
  const pass = async (): Promise<void> => {
    clock.advance(beat);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { body, seen, pass, follower: follower! };
};

const readAll = async (body: ReadableStream<Uint8Array>): Promise<string> => new Response(body).text();

describe('a stream of events', () => {
  it('is as the standard says', async () => {
    const { body, follower } = await open();
    follower.send([eventOf('evt_1', { code: 'a\nb' }), eventOf('evt_2')]);
    follower.end();
    const blocks = (await readAll(body)).split('\n\n');
    expect(blocks[0]).toBe('retry: 2000');
    expect(blocks[1]).toMatch(/^id: evt_1\nevent: connection\.created\ndata: \{"id":"evt_1",.*\}$/);
    expect(JSON.parse(blocks[1]!.split('data: ')[1]!)).toMatchObject({
      connection_id: 'conn_1',
      data: { code: 'a\nb' },
    });
    expect(blocks[2]).toMatch(/^id: evt_2\n/);
  });

  it('has room again when its reader has taken enough', async () => {
    const { body, follower } = await open();
    follower.send([eventOf('evt_1', { code: 'x'.repeat(300_000) })]);
    expect(follower.isFull()).toBe(true);
    let hasRoom = false;
    const room = follower.room().then(() => {
      hasRoom = true;
    });
    const reader = body.getReader();
    await reader.read();
    await reader.read();
    await room;
    expect(hasRoom).toBe(true);
    expect(follower.isFull()).toBe(false);
  });

  it('is left when nothing is read from it for a while', async () => {
    const { body, seen, pass, follower } = await open();
    await pass();
    follower.send([eventOf('evt_1', { code: 'x'.repeat(300_000) })]);
    await pass();
    expect(seen.left).toBe(0);
    await pass();
    expect(seen.left).toBe(1);
    expect(await readAll(body)).toMatch(/"evt_1".*\n\n$/s);
  });

  it('ends when its reader goes', async () => {
    const { body, seen, pass } = await open();
    await body.cancel();
    expect(seen.left).toBe(1);
    await pass();
    expect(seen.asked).toBe(0);
  });

  it('ends when its key is no longer one, and not when the database does not answer', async () => {
    const { body, seen, pass } = await open();
    seen.fault = new EvergrantError('storage_unavailable');
    await pass();
    expect(seen.left).toBe(0);
    seen.fault = new EvergrantError('unauthenticated');
    await pass();
    expect(seen.left).toBe(1);
    expect(await readAll(body)).toBe('retry: 2000\n\n: \n\n');
  });
});

import { createEvergrant, type Evergrant, isEvergrantError } from 'evergrant';
import { type Platforms, startPlatforms } from 'evergrant/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/*
 * How an application tests what it does with its customers' accounts, offline: a clock that can be moved, and platforms
 * that misbehave on demand. `publish` is the application; everything else is its test.
 */

/** Posts in the customer's name; when only the customer can mend it, says where. */
const publish = async (evergrant: Evergrant, connectionId: string, text: string): Promise<string> => {
  try {
    const response = await evergrant.fetch(connectionId, '/2/tweets', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
    });
    await response.body?.cancel(); // until then it counts as under way
    return response.ok ? 'posted' : `try again in ${response.headers.get('retry-after')} seconds`;
  } catch (error) {
    if (isEvergrantError(error) && error.reconnectUrl) return `reconnect at ${error.reconnectUrl}`;
    throw error;
  }
};

const hours = (count: number): number => count * 60 * 60 * 1000;

let platforms: Platforms;
let evergrant: Evergrant;

beforeEach(async () => {
  platforms = await startPlatforms(['x', 'bluesky']);
  evergrant = await createEvergrant(
    {
      database: 'sqlite::memory:',
      publicUrl: 'http://localhost:3000', // nothing listens there: the test walks through the pages itself
      engine: 'none', // nothing is renewed but what is read
      providers: platforms.providers,
    },
    { clock: platforms.clock },
  );
});

afterEach(async () => {
  await evergrant.close();
  await platforms.close();
});

const connect = async (provider: string) => {
  const { connections } = await platforms.connect(evergrant, { provider, owner: 'user_42' });
  return connections[0]!;
};

describe('publishing', () => {
  it('works long after the first token has run out', async () => {
    const { id } = await connect('x');
    platforms.clock.advance(hours(24 * 30));
    expect(await publish(evergrant, id, 'Hello')).toBe('posted');
    expect(platforms.control('x').tokenRequests().refresh).toBe(1);
  });

  it('sends the customer to reconnect when they have taken it back, and goes on after it', async () => {
    const { id, account } = await connect('x');
    platforms.control('x').revokeGrant(account.id);
    platforms.clock.advance(hours(3));
    expect(await publish(evergrant, id, 'Hello')).toMatch(/^reconnect at http:\/\/localhost:3000\/reconnect\//);
    expect(await evergrant.getConnection(id)).toMatchObject({ status: 'reauth_required' });

    await platforms.connect(evergrant, { provider: 'x', owner: 'user_42', connectionId: id });
    expect(await publish(evergrant, id, 'Hello again')).toBe('posted');
  });

  it('waits while the platform limits it', async () => {
    const { id } = await connect('x');
    platforms.control('x').rateLimit(90);
    expect(await publish(evergrant, id, 'Hello')).toBe('try again in 90 seconds');
    platforms.clock.advance(91_000);
    expect(await publish(evergrant, id, 'Hello')).toBe('posted');
  });

  it('knows which permission a customer did not give', async () => {
    const { connections } = await platforms.connect(
      evergrant,
      { provider: 'x', owner: 'user_42' },
      { name: 'Grace Sample', scopes: ['tweet.read', 'users.read', 'offline.access'] },
    );
    expect(connections[0]).toMatchObject({ status: 'limited', scopes: { missing: ['tweet.write'] } });
  });

  it('connects accounts of Bluesky, whose handles are looked up in a network of their own', async () => {
    const { account } = await connect('bluesky');
    expect(account.username).toMatch(/\.example\.com$/);
  });
});

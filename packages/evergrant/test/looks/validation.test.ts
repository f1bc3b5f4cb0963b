import { describe, expect, it } from 'vitest';
import { type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';
import { pass, soon } from '../sharing/support.ts';
import { lookStored } from './support.ts';

const hour = 60;

/** A platform that wants every token to be validated every hour, as Twitch does. Its tokens live four. */
const start = async (validated = true) => {
  const harness = await startHarness({
    config: { engine: 'embedded' },
    acme: ({ origin }) => ({ definition: validated ? { validation: validationAt(origin) } : {} }),
  });
  harness.stub.behaviour.expiresIn = 4 * 3600;
  harness.stub.answer('/validate', { body: { client_id: 'client' } });
  return harness;
};

const validationAt = (origin: string) => ({
  get: `${origin}/validate`,
  everySeconds: 3600,
  authentication: { header: 'Authorization', prefix: 'OAuth' },
});

/** The tokens of which the platform was asked, oldest first. */
const asked = (harness: Harness): string[] =>
  harness.stub.requestsTo('/validate').map(({ headers }) => headers.authorization ?? '');

const tokenOf = async (harness: Harness, id: string) => (await harness.token(id)).data;

describe('a platform that wants tokens validated', () => {
  it('is asked within the hour, in its own scheme, again and again; a token that lives is left as it is', async () => {
    await using harness = await start();
    const { connection } = await harness.connect();
    const { access_token } = await tokenOf(harness, connection.id);
    pass(harness, hour / 2);
    pass(harness);
    expect(asked(harness)).toEqual([]);
    for (const count of [1, 2]) {
      pass(harness, count === 1 ? hour / 2 : hour);
      await soon(async () => expect(asked(harness)).toHaveLength(count));
      await lookStored(harness);
    }
    expect(asked(harness)).toEqual([`OAuth ${access_token}`, `OAuth ${access_token}`]);
    expect(await tokenOf(harness, connection.id)).toMatchObject({ access_token, generation: 1 });
    expect(harness.stub.renewals()).toHaveLength(0);
  });

  it('is not asked of a token that has just been renewed', async () => {
    await using harness = await start();
    const { connection } = await harness.connect();
    pass(harness, hour - 15);
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    const next = harness.sql((database) => database.prepare('select check_at from grants').get())?.['check_at'];
    expect(Number(next) - harness.clock.now()).toBeGreaterThan((hour - 10) * 60_000);
    const { access_token } = await tokenOf(harness, connection.id);
    pass(harness, hour);
    await soon(async () => expect(asked(harness)).toEqual([`OAuth ${access_token}`]));
  });

  it('has a dead token renewed at once, long before it would have ended', async () => {
    await using harness = await start();
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/validate', { status: 401, body: { message: 'invalid access token' } });
    pass(harness, hour);
    await soon(async () => expect(await tokenOf(harness, connection.id)).toMatchObject({ generation: 2 }));
    await lookStored(harness);
    expect((await harness.connection(connection.id)).data.status).toBe('active');
    const { access_token } = await tokenOf(harness, connection.id);
    pass(harness, hour);
    await soon(async () => expect(asked(harness)).toHaveLength(2));
    expect(asked(harness)[1]).toBe(`OAuth ${access_token}`);
  });

  it('shows that a person took back the consent, which ends the connection once', async () => {
    await using harness = await start();
    const { connection } = await harness.connect();
    harness.stub.withdraw();
    harness.stub.answer('/validate', { status: 401, body: { message: 'invalid access token' } });
    pass(harness, hour);
    await soon(async () => expect((await harness.connection(connection.id)).data.status).toBe('reauth_required'));
    const types = (await harness.events(connection.id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'connection.reauth_required')).toHaveLength(1);
    pass(harness, 2 * hour);
    pass(harness);
    await harness.connect({ owner: 'owner-2' });
    expect(asked(harness)).toHaveLength(1);
  });

  it('is asked again soon when it gave no verdict, and nothing is renewed for that', async () => {
    await using harness = await start();
    const { connection } = await harness.connect();
    for (const answer of [
      { status: 503 },
      { status: 429, headers: { 'retry-after': '1200' } },
      { fault: 'reset' },
    ] as const) {
      harness.stub.answerOnce('/validate', answer);
    }
    pass(harness, hour);
    await soon(async () => expect(asked(harness)).toHaveLength(1));
    pass(harness, 11);
    await soon(async () => expect(asked(harness)).toHaveLength(2));
    await lookStored(harness, 15);
    pass(harness, 11);
    pass(harness);
    expect(asked(harness)).toHaveLength(2);
    pass(harness, 10);
    await soon(async () => expect(asked(harness)).toHaveLength(3));
    expect(await tokenOf(harness, connection.id)).toMatchObject({ generation: 1 });
  });

  it('has what it says counted by outcome', async () => {
    await using harness = await start();
    await harness.connect();
    harness.stub.answerOnce('/validate', { status: 503 });
    const counted = async () => {
      const { body } = await harness.api('GET', '/metrics');
      const lines = body.matchAll(/^evergrant_token_validations_total\{provider="acme",outcome="(\w+)"\} (\d+)$/gm);
      return Object.fromEntries(Array.from(lines, ([, outcome, count]) => [outcome, Number(count)]));
    };
    expect(await counted()).toEqual({});
    pass(harness, hour);
    await soon(async () => expect(await counted()).toEqual({ unknown: 1 }));
    pass(harness, 11);
    await soon(async () => expect(await counted()).toEqual({ unknown: 1, valid: 1 }));
    await lookStored(harness);
    harness.stub.answerOnce('/validate', { status: 401, body: { message: 'invalid access token' } });
    pass(harness, hour);
    await soon(async () => expect(await counted()).toEqual({ unknown: 1, valid: 1, invalid: 1 }));
  });

  it('is left in peace while it fails as a whole', async () => {
    await using harness = await start();
    const owners = Array.from({ length: 80 }, (_, index) => `owner-${index}`);
    for (const owner of owners) await harness.connect({ owner });
    harness.stub.answer('/validate', { status: 503 });
    pass(harness, hour);
    // All eighty are taken; they are asked of sixteen at a time, until it is clear that nobody answers.
    await soon(async () => {
      const left = 'select count(*) as count from grants where check_at <= :now';
      const now = harness.clock.now();
      expect(harness.sql((database) => database.prepare(left).get({ now }))).toEqual({ count: 0 });
    });
    await soon(async () => expect(asked(harness).length).toBeGreaterThanOrEqual(20));
    expect(asked(harness).length).toBeLessThan(50);
  });

  it('is asked of what was connected before anybody knew that it wants to be', async () => {
    await using harness = await start(false);
    const { connection } = await harness.connect();
    const { access_token } = await tokenOf(harness, connection.id);
    pass(harness, 2);
    const { origin } = harness.stub;
    await harness.restart({ providers: { acme: { definition: { validation: validationAt(origin) } } } });
    await soon(async () => expect(asked(harness)).toEqual([`OAuth ${access_token}`]));
    await harness.restart({ providers: { acme: { definition: { validation: validationAt(origin) } } } });
    pass(harness);
    expect(asked(harness)).toHaveLength(1);
  });

  it('is not asked of what is switched off, and at once when it is switched on again', async () => {
    await using harness = await start();
    const { connection } = await harness.connect();
    const change = (disabled: boolean) =>
      harness.api('PATCH', `/v1/connections/${connection.id}`, { json: { disabled } });
    await change(true);
    pass(harness, 2 * hour);
    pass(harness);
    await change(false);
    expect(asked(harness)).toEqual([]);
    pass(harness);
    await soon(async () => expect(asked(harness)).toHaveLength(1));
  });

  itKeepsSecrets();
});

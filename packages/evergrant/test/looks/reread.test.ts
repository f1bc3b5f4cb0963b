import { describe, expect, it } from 'vitest';
import { type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';
import { pass, soon } from '../sharing/support.ts';
import { lookStored } from './support.ts';

const day = 24 * 60;
const png = Buffer.from('89504e470d0a1a0a', 'hex');
const image = { headers: { 'content-type': 'image/png' }, body: png };

/** A platform whose addresses of pictures end. */
const start = async (rereadSeconds?: number) => {
  const harness = await startHarness({
    config: { engine: 'embedded' },
    acme: () => ({ definition: rereadSeconds === undefined ? {} : { profile: { rereadSeconds } } }),
  });
  harness.stub.behaviour.expiresIn = 60 * 86_400;
  const says = (changes: object) =>
    harness.stub.accounts.set('alice', { id: 'alice', name: 'Alice Adams', username: 'alice', ...changes });
  const pictureAt = (path: string) => `${harness.stub.origin}${path}`;
  return Object.assign(harness, { says, pictureAt });
};

const accountOf = async (harness: Harness, id: string) => (await harness.connection(id)).data.account;

const updates = async (harness: Harness, id: string) =>
  (await harness.events(id)).filter(({ type }) => type === 'connection.updated');

describe('what a platform says of an account', () => {
  it('is read again where the definition says that it does not hold, and told where people would see a change', async () => {
    await using harness = await start(86_400);
    harness.says({ picture: harness.pictureAt('/old.png') });
    const { connection } = await harness.connect();
    const token = (await harness.token(connection.id)).data.access_token;
    harness.says({ picture: harness.pictureAt('/new.png') });
    pass(harness, day);
    await soon(async () => {
      expect((await accountOf(harness, connection.id)).picture).toBe(harness.pictureAt('/new.png'));
    });
    expect(await updates(harness, connection.id)).toHaveLength(0);
    await lookStored(harness);
    harness.says({ name: 'Alice Brown', picture: harness.pictureAt('/new.png') });
    pass(harness, day);
    await soon(async () => expect((await accountOf(harness, connection.id)).name).toBe('Alice Brown'));
    expect(await updates(harness, connection.id)).toHaveLength(1);
    expect(await harness.token(connection.id)).toMatchObject({ data: { access_token: token, generation: 1 } });
  });

  it('goes on being read where tokens live shorter than the time between', async () => {
    await using harness = await start(86_400);
    harness.stub.behaviour.expiresIn = 2 * 3600;
    const { connection } = await harness.connect();
    const reaches = (generation: number) =>
      soon(async () => expect((await harness.connection(connection.id)).data.token.generation).toBe(generation));
    for (let renewals = 1; renewals <= 4; renewals++) {
      pass(harness, 100);
      await reaches(renewals + 1);
    }
    harness.says({ name: 'Alice Brown' });
    pass(harness, day - 400);
    await reaches(6);
    pass(harness, 11);
    await soon(async () => expect((await accountOf(harness, connection.id)).name).toBe('Alice Brown'));
  });

  it('is kept where the account is no longer among those that the platform names', async () => {
    await using harness = await start(86_400);
    const { connection } = await harness.connect();
    harness.stub.answer('/me', { body: { id: 'somebody-else', name: 'Mallory' } });
    pass(harness, day);
    await soon(async () => expect(harness.stub.requestsTo('/me')).toHaveLength(2));
    pass(harness);
    expect(await accountOf(harness, connection.id)).toMatchObject({ id: 'alice', name: 'Alice Adams' });
  });

  it('shows early that access was withdrawn', async () => {
    await using harness = await start(86_400);
    const { connection } = await harness.connect();
    harness.stub.withdraw();
    harness.stub.answer('/me', { status: 401 });
    pass(harness, day);
    await soon(async () => expect((await harness.connection(connection.id)).data.status).toBe('reauth_required'));
  });
});

describe('a picture whose address has ended', () => {
  const picture = (harness: Harness, id: string) => harness.api('GET', `/v1/connections/${id}/picture`);

  it('is looked for at the address that the platform gives now, whatever the platform', async () => {
    await using harness = await start();
    harness.says({ picture: harness.pictureAt('/old.png') });
    harness.stub.answer('/old.png', { status: 403 });
    harness.stub.answer('/new.png', image);
    const { connection } = await harness.connect();
    harness.says({ picture: harness.pictureAt('/new.png') });
    expect(await picture(harness, connection.id)).toMatchObject({
      status: 200,
      headers: { 'content-type': 'image/png' },
    });
    expect((await accountOf(harness, connection.id)).picture).toBe(harness.pictureAt('/new.png'));
    expect(harness.stub.requestsTo('/me')).toHaveLength(2);
  });

  it('has the platform asked once an hour at most, and never with a token that is out', async () => {
    await using harness = await start();
    harness.says({ picture: harness.pictureAt('/old.png') });
    harness.stub.answer('/old.png', { status: 403 });
    const { connection } = await harness.connect();
    for (let minutes = 0; minutes < 50; minutes += 10) {
      expect(await picture(harness, connection.id)).toMatchObject({ status: 404, data: { code: 'not_found' } });
      pass(harness, 10);
    }
    expect(harness.stub.requestsTo('/me')).toHaveLength(2);
    pass(harness, 11);
    await picture(harness, connection.id);
    expect(harness.stub.requestsTo('/me')).toHaveLength(3);
    const renewed = harness.stub.renewals().length;
    harness.stub.answer('/token', { status: 503 });
    pass(harness, 61 * day);
    await picture(harness, connection.id);
    expect(harness.stub.requestsTo('/me')).toHaveLength(3);
    expect(harness.stub.renewals().length).toBeGreaterThanOrEqual(renewed);
  });

  it('is none where the platform cannot be asked', async () => {
    await using harness = await start();
    harness.says({ picture: harness.pictureAt('/old.png') });
    harness.stub.answer('/old.png', { status: 403 });
    const { connection } = await harness.connect();
    harness.stub.answer('/me', { status: 401 });
    expect(await picture(harness, connection.id)).toMatchObject({ status: 404 });
    expect((await harness.connection(connection.id)).data.status).toBe('active');
  });

  itKeepsSecrets();
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';
import { addKey } from './keys.ts';

const png = Buffer.from('89504e470d0a1a0a', 'hex');

/** A connection whose account has its picture at an address. */
const connectWith = async (harness: Harness, picture: string) => {
  harness.stub.accounts.set('ann', { id: 'ann', name: 'Ann', picture });
  const { connection } = await harness.connect({}, { account: 'ann' });
  return { ...connection, picture: `/v1/connections/${connection.id}/picture` };
};

const answersAt = (harness: Harness, answer: Parameters<Harness['stub']['answerOnce']>[1]) =>
  harness.stub.answerOnce('/ann.png', answer);

const none = { status: 404, data: { code: 'not_found' } };

describe('the picture of an account', () => {
  it('is fetched once by us, and handed on with nothing but its type', async () => {
    await using harness = await startHarness();
    answersAt(harness, {
      headers: { 'content-type': 'image/png', 'set-cookie': 'spy=1', 'x-spy': '1' },
      body: png,
    });
    const { picture } = await connectWith(harness, `${harness.stub.origin}/ann.png`);
    const headers = { cookie: 'of=the-operator', referer: 'https://operator.example', 'user-agent': 'Operator/1' };
    for (let asked = 0; asked < 2; asked++) {
      const answer = await harness.api('GET', picture, { headers });
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } });
      expect(answer.headers).not.toHaveProperty('set-cookie');
      expect(answer.headers).not.toHaveProperty('x-spy');
      expect(answer.headers['cache-control']).toBe('private, max-age=3600');
      // An SVG that is opened by itself is a page of our origin otherwise.
      expect(answer.headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
    const fetched = harness.stub.requestsTo('/ann.png');
    expect(fetched).toHaveLength(1);
    expect(JSON.stringify(fetched[0]!.headers)).not.toMatch(/operator/i);
  });

  it('belongs to the connection’s owner', async () => {
    await using harness = await startHarness();
    answersAt(harness, { headers: { 'content-type': 'image/png' }, body: png });
    const { picture } = await connectWith(harness, `${harness.stub.origin}/ann.png`);
    const bound = await addKey(harness, ['connections:read'], { owner: 'another' });
    expect(await harness.api('GET', picture, { key: bound })).toMatchObject({ status: 404 });
    expect(harness.stub.requestsTo('/ann.png')).toHaveLength(0);
  });

  const refusals: [string, Parameters<Harness['stub']['answerOnce']>[1]][] = [
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<script>alert(1)</script>' }],
    ['of no type', { body: 'x' }],
    ['larger than a megabyte', { headers: { 'content-type': 'image/png' }, body: Buffer.alloc(1_100_000) }],
    ['without an end', { headers: { 'content-type': 'image/png' }, fault: 'flood' }],
    ['a redirect', { status: 302, headers: { location: '/other.png' } }],
    ['gone', { status: 410, headers: { 'content-type': 'image/png' }, body: png }],
    ['cut off', { headers: { 'content-type': 'image/png', 'content-length': '4000' }, body: png, fault: 'cut' }],
  ];
  it.each(refusals)('is none when what lies there is %s, and is not asked for again at once', async (_what, answer) => {
    await using harness = await startHarness();
    answersAt(harness, answer);
    const { picture } = await connectWith(harness, `${harness.stub.origin}/ann.png`);
    expect(await harness.api('GET', picture)).toMatchObject(none);
    expect(await harness.api('GET', picture)).toMatchObject(none);
    expect(harness.stub.requestsTo('/ann.png')).toHaveLength(1);
    expect(harness.stub.requestsTo('/other.png')).toHaveLength(0);
  });

  it('T03 is not fetched from inside our own network', async () => {
    let reached = 0;
    const inside = createServer((_request, response) => {
      reached += 1;
      response.writeHead(200, { 'content-type': 'image/png' }).end(png);
    });
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void inside.close());
    const { port } = inside.address() as AddressInfo;
    await using harness = await startHarness();
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]', '169.254.169.254']) {
      const { picture } = await connectWith(harness, `http://${host}:${port}/ann.png`);
      expect(await harness.api('GET', picture)).toMatchObject(none);
    }
    expect(reached).toBe(0);
  });

  it('is absent where the account has none', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    expect(await harness.api('GET', `/v1/connections/${connection.id}/picture`)).toMatchObject(none);
  });

  itKeepsSecrets();
});

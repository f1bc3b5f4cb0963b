import { describe, expect, it } from 'vitest';
import type { Answer } from '../security/authorization-server.ts';
import { eventually, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

const remove = (harness: Harness, id: string, query = '') => harness.api('DELETE', `/v1/connections/${id}${query}`);

const revoked = ({ stub }: Harness) =>
  stub.requestsTo('/revoke').map(({ form }) => ({ token: form.get('token'), hint: form.get('token_type_hint') }));

describe('disconnecting', () => {
  it('T19 revokes the refresh token, then the access token, and keeps nothing', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const { data } = await harness.token(connection.id);
    expect(await remove(harness, connection.id)).toMatchObject({ status: 204, body: '' });
    expect(revoked(harness)).toEqual([
      { token: expect.stringMatching(/^rt_/), hint: 'refresh_token' },
      { token: data.access_token, hint: 'access_token' },
    ]);
    for (const { headers } of harness.stub.requestsTo('/revoke')) expect(headers.authorization).toMatch(/^Basic /);
    expect(await harness.connection(connection.id)).toMatchObject({
      status: 404,
      data: { code: 'connection_not_found' },
    });
    expect(await harness.token(connection.id)).toMatchObject({ status: 404 });
    expect(await remove(harness, connection.id)).toMatchObject({ status: 404 });
    expect(harness.sql((database) => database.prepare('select count(*) as n from revocations').get())).toEqual({
      n: 0,
    });
  });

  it.each<[string, Answer]>([
    ['200 for a token that it does not know', { status: 200 }],
    ['204', { status: 204 }],
    ['400 invalid_token', { status: 400, body: { error: 'invalid_token' } }],
    ['400 invalid_grant', { status: 400, body: { error: 'invalid_grant' } }],
    ['400 unsupported_token_type', { status: 400, body: { error: 'unsupported_token_type' } }],
  ])('T19 %s is a success', async (_, answer) => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answer('/revoke', answer);
    expect(await remove(harness, connection.id)).toMatchObject({ status: 204 });
  });

  it.each<[string, Answer]>([
    ['503', { status: 503 }],
    ['500 with HTML', { status: 500, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['429', { status: 429 }],
    ['401', { status: 401 }],
    ['a reset', { fault: 'reset' }],
  ])('T19 %s is told, and tried again in the background', async (_, answer) => {
    await using harness = await startHarness({ config: { engine: 'embedded' } });
    const { connection } = await harness.connect();
    harness.stub.answer('/revoke', answer);
    expect(await remove(harness, connection.id)).toMatchObject({
      status: 200,
      data: { warnings: [{ code: 'revocation_unconfirmed', connection_id: connection.id }] },
    });
    expect(await harness.connection(connection.id)).toMatchObject({ status: 404 });
    const tries = harness.stub.requestsTo('/revoke').length;
    harness.stub.answer('/revoke', null);
    harness.clock.advance(10_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(harness.stub.requestsTo('/revoke')).toHaveLength(tries);
    harness.clock.advance(60_000);
    await eventually('the revocation to be repeated', () => harness.stub.requestsTo('/revoke').length === tries + 2);
    await eventually('the sealed tokens to be destroyed', () =>
      harness.sql((database) => database.prepare('select count(*) as n from revocations').get()?.['n'] === 0),
    );
  });

  it('T19 the removal here does not wait for the platform', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answer('/revoke', { fault: 'hang' });
    const removing = remove(harness, connection.id);
    await eventually('the revocation', () => harness.stub.requestsTo('/revoke').length === 1);
    expect(await harness.connection(connection.id)).toMatchObject({ status: 404 });
    expect(await harness.token(connection.id)).toMatchObject({ status: 404 });
    harness.clock.advance(15_000);
    await eventually('the second revocation', () => harness.stub.requestsTo('/revoke').length === 2);
    harness.clock.advance(15_000);
    expect(await removing).toMatchObject({ status: 200 });
  });

  it('T19 nothing is sent when the caller does not want it', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    expect(await remove(harness, connection.id, '?revoke=false')).toMatchObject({ status: 204 });
    expect(harness.stub.requestsTo('/revoke')).toEqual([]);
    expect(await harness.connection(connection.id)).toMatchObject({ status: 404 });
  });

  it('T19 what a renewal brings after the removal is revoked and not stored', async () => {
    await using harness = await startHarness({ config: { engine: 'embedded' } });
    const { stub } = harness;
    const { connection } = await harness.connect();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    let late = '';
    stub.answerOnce('/token', (received) => {
      const answer = stub.behave(received);
      late = (answer.body as { refresh_token: string }).refresh_token;
      return { ...answer, after: held };
    });
    const renewing = harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    await eventually('the renewal', () => stub.renewals().length === 1);
    expect(await remove(harness, connection.id)).toMatchObject({ status: 204 });
    release();
    expect((await renewing).status).toBe(404);
    harness.clock.advance(60_000);
    await eventually('the late token to be revoked', () => revoked(harness).some(({ token }) => token === late));
    expect(harness.sql((database) => database.prepare('select count(*) as n from grants').get())).toEqual({ n: 0 });
  });

  it('T19 where a revocation ends everything of a person, nothing is revoked while another connection lives', async () => {
    await using harness = await startHarness({ acme: () => ({ definition: { revocationEnds: 'person' } }) });
    const one = await harness.connect({ owner: 'owner-1' });
    const other = await harness.connect({ owner: 'owner-2' });
    expect(await remove(harness, one.connection.id)).toMatchObject({ status: 204 });
    expect(harness.stub.requestsTo('/revoke')).toEqual([]);
    expect(await harness.token(other.connection.id)).toMatchObject({ status: 200 });
    expect(await remove(harness, other.connection.id)).toMatchObject({ status: 204 });
    expect(revoked(harness)).toHaveLength(2);
  });

  itKeepsSecrets();
});

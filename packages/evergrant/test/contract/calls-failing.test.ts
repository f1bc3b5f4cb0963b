import { describe, expect, it } from 'vitest';
import { startHarness } from '../security/support.ts';
import { call, sent, withApi } from './calling.ts';

describe('a refused token', () => {
  it('is renewed once and the call repeated with the new one, its body included', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/api/posts', { status: 401 });
    harness.stub.answer('/api/posts', { body: { ok: true } });
    const reply = await call(harness, connection.id, '/posts', { method: 'POST', json: { text: 'once' } });
    expect(reply).toMatchObject({ status: 200, data: { ok: true } });
    const [first, second] = sent(harness);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers.authorization).not.toBe(first?.headers.authorization);
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  it('that is refused again is passed through, the connection stays, and no storm follows', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 401, body: { error: 'may_not_chat' } });
    for (let turn = 0; turn < 3; turn++) {
      expect(await call(harness, connection.id, '/posts')).toMatchObject({
        status: 401,
        data: { error: 'may_not_chat' },
        headers: { 'evergrant-verdict': 'refresh-token' },
      });
    }
    expect(harness.stub.renewals()).toHaveLength(1);
    expect((await harness.connection(connection.id)).data.status).toBe('active');
  });

  it('is renewed once for many calls at the same time', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    const { data: token } = await harness.token(connection.id);
    harness.stub.answer('/api/posts', ({ headers }) =>
      headers.authorization === `Bearer ${token.access_token}` ? { status: 401 } : { body: {} },
    );
    const replies = await Promise.all(Array.from({ length: 20 }, () => call(harness, connection.id, '/posts')));
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  it('whose body has flowed through is renewed, and the refusal passed on: nothing is sent twice', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/api/posts', { status: 401 });
    const film = Buffer.alloc(3_000_000, 'f').toString();
    const reply = await call(harness, connection.id, '/posts', { method: 'POST', body: film });
    expect(reply.status).toBe(401);
    expect(sent(harness)).toHaveLength(1);
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  it('that nothing can renew asks a person to reconnect', async () => {
    await using harness = await startHarness(withApi());
    harness.stub.behaviour.extra = () => ({ refresh_token: undefined, expires_in: undefined });
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 401 });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({ status: 401 });
    expect((await harness.connection(connection.id)).data).toMatchObject({
      status: 'reauth_required',
      reason: 'revoked_or_expired',
    });
    expect((await harness.events(connection.id)).map(({ type }) => type)).toContain('connection.reauth_required');
  });
});

describe('a token that is refused where the platform renews none', () => {
  it('is sent once, asks a person to reconnect, and is sent no more', async () => {
    await using harness = await startHarness(withApi({}, { refresh: { supported: false } }));
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 401, body: { message: 'Bad credentials.' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 401,
      data: { message: 'Bad credentials.' },
      headers: { 'evergrant-verdict': 'reconnect' },
    });
    expect((await harness.connection(connection.id)).data).toMatchObject({
      status: 'reauth_required',
      reason: 'revoked_or_expired',
    });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 409,
      data: { code: 'reauth_required' },
    });
    expect(sent(harness)).toHaveLength(1);
    expect(harness.stub.renewals()).toHaveLength(0);
  });
});

describe('an error of the platform', () => {
  const handleErrors = [
    { phase: 'api', code: 'account_closed', is: 'reconnect', reason: 'revoked' },
    { phase: 'api', code: 'no_scope', is: 'missing-scope' },
    { phase: 'api', code: 'slow', is: 'rate-limit' },
    { phase: 'api', code: 'page_gone', is: 'reconnect', affects: 'account' },
  ];

  it('that only a person can mend sets the connection aside, and is passed on', async () => {
    await using harness = await startHarness(withApi({}, { handleErrors }));
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 403, body: { error: 'account_closed' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 403,
      data: { error: 'account_closed' },
      headers: { 'evergrant-verdict': 'reconnect' },
    });
    expect((await harness.connection(connection.id)).data).toMatchObject({
      status: 'reauth_required',
      reason: 'revoked',
    });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 409,
      data: { code: 'reauth_required' },
    });
  });

  it('is told from the same code on another path', async () => {
    const rule = { phase: 'api', code: 'no_access', path: /^\/api\/teams\/\w+$/, is: 'reconnect' };
    await using harness = await startHarness(withApi({}, { handleErrors: [rule] }));
    const { connection } = await harness.connect();
    for (const path of ['/api/teams/t1', '/api/teams/t1/posts'])
      harness.stub.answer(path, { status: 403, body: { error: 'no_access' } });
    const verdictOf = async (path: string) =>
      (await call(harness, connection.id, path)).headers['evergrant-verdict'] ?? null;
    expect(await verdictOf('/teams/t1/posts')).toBeNull();
    expect(await verdictOf('/teams/t1?full=1')).toBe('reconnect');
  });

  it('under 200 is found where the definition says so', async () => {
    const protocol = { errors: { under200: { path: 'ok', equals: false } } };
    await using harness = await startHarness(withApi({}, { handleErrors, protocol }));
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { body: { ok: false, error: 'account_closed' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({ status: 200, data: { ok: false } });
    expect((await harness.connection(connection.id)).data.status).toBe('reauth_required');
  });

  it('of a missing scope is named and changes nothing', async () => {
    await using harness = await startHarness(withApi({}, { handleErrors }));
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 403, body: { error: 'no_scope' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      headers: { 'evergrant-verdict': 'missing-scope' },
    });
    expect((await harness.connection(connection.id)).data.status).toBe('active');
    expect(sent(harness)).toHaveLength(1);
  });

  it('about a rate limit is waited for when it is short, and passed on with its end when it is long', async () => {
    await using harness = await startHarness(
      withApi({ rateLimitReset: { header: 'x-reset', unit: 'seconds' } }, { handleErrors }),
    );
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/api/posts', { status: 429, headers: { 'retry-after': '0' } });
    harness.stub.answer('/api/posts', { body: {} });
    expect(await call(harness, connection.id, '/posts', { method: 'POST', json: {} })).toMatchObject({ status: 200 });
    expect(sent(harness)).toHaveLength(2);
    harness.stub.answer('/api/posts', { status: 400, body: { error: 'slow' }, headers: { 'x-reset': '90' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 400,
      headers: { 'retry-after': '90', 'evergrant-verdict': 'rate-limit' },
    });
    expect(sent(harness)).toHaveLength(3);
  });

  it('of its own is met by one more try, if that can do no harm', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 502, body: 'bad gateway' });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({ status: 502, body: 'bad gateway' });
    expect(sent(harness)).toHaveLength(2);
    expect(await call(harness, connection.id, '/posts', { method: 'POST', json: {} })).toMatchObject({ status: 502 });
    expect(sent(harness)).toHaveLength(3);
    expect((await harness.connection(connection.id)).data.status).toBe('active');
  });
});

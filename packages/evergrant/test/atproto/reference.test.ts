import { afterAll, beforeAll, expect, it } from 'vitest';
import { startHarness } from '../security/support.ts';
import { describeWithReference, type Reference, type ReferenceAccount, startReference } from './reference/index.ts';

describeWithReference('the reference server', () => {
  let reference: Reference;
  let harness: Awaited<ReturnType<typeof startHarness>>;

  beforeAll(async () => {
    reference = await startReference();
    harness = await startHarness({
      config: { providers: { bluesky: { options: { plcUrl: reference.plcUrl, handleResolver: reference.origin } } } },
    });
  });
  afterAll(async () => {
    await harness?.[Symbol.asyncDispose]();
    await reference?.close();
  });

  const signIn = async (account: ReferenceAccount, input: Record<string, unknown> = {}, decision?: 'reject') => {
    const begun = await harness.begin({ provider: 'bluesky', instance: account.handle, ...input });
    const page = await begun.browser.follow(await reference.consent(begun.authorizationUrl, account, decision));
    return { flow: await harness.flow(begun.started.id), page };
  };

  it('connects, posts, renews with rotation, and revokes', async () => {
    const ann = await reference.createAccount('ann.test');
    const { flow } = await signIn(ann);
    expect(flow).toMatchObject({
      status: 'connected',
      connections: [{ account: { id: ann.did, username: 'ann.test' }, scopes: { missing: [] } }],
    });
    const { id } = flow.connections[0]!;
    const record = { $type: 'app.bsky.feed.post', text: 'Hello', createdAt: new Date().toISOString() };
    const call = (text: string) =>
      harness.api<{ uri: string }>('POST', `/v1/connections/${id}/api/com.atproto.repo.createRecord`, {
        json: { repo: ann.did, collection: 'app.bsky.feed.post', record: { ...record, text } },
      });
    expect(await call('before')).toMatchObject({ status: 200, data: { uri: expect.stringContaining(ann.did) } });
    for (let generation = 2; generation <= 4; generation++) {
      const renewed = await harness.api('POST', `/v1/connections/${id}/refresh`);
      expect(renewed).toMatchObject({ status: 200, data: { status: 'active', token: { generation } } });
    }
    expect((await call('after')).status).toBe(200);
    const session = await harness.api('GET', `/v1/connections/${id}/api/com.atproto.server.getSession`);
    expect(session).toMatchObject({ status: 200, data: { did: ann.did, handle: 'ann.test' } });
    expect((await harness.api('DELETE', `/v1/connections/${id}`)).status).toBe(204);
  });

  it('takes a denial, and another account than the one that was named, for what they are', async () => {
    const [ben, cora] = [await reference.createAccount('ben.test'), await reference.createAccount('cora.test')];
    const denied = await signIn(ben, {}, 'reject');
    expect(denied.flow).toMatchObject({ status: 'failed', error: { code: 'consent_denied' } });
    const other = await signIn(cora, { instance: reference.origin });
    expect(other.flow).toMatchObject({ status: 'connected', connections: [{ account: { id: cora.did } }] });
  });

  it('hears of a revoked session at the next renewal', async () => {
    const dora = await reference.createAccount('dora.test');
    const { flow } = await signIn(dora);
    const { id } = flow.connections[0]!;
    // The session is single: a refresh token that was spent by somebody else ends it.
    const before = harness.sql((database) =>
      database.prepare('select * from grants where id = (select grant_id from connections where id = ?)').get(id),
    );
    expect((await harness.api('POST', `/v1/connections/${id}/refresh`)).status).toBe(200);
    const columns = ['access_token_sealed', 'refresh_token_sealed'] as const;
    harness.sql((database) => {
      for (const column of columns) {
        database
          .prepare(`update grants set ${column} = ? where id = ?`)
          .run(before?.[column] as Uint8Array, before?.['id'] as string);
      }
    });
    const answer = await harness.api('POST', `/v1/connections/${id}/refresh`);
    expect(answer).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
    expect((await harness.connection(id)).data).toMatchObject({ status: 'reauth_required', reason: 'lost_rotation' });
  });
});

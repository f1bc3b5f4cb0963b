import { describe, expect, it } from 'vitest';
import { type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';
import { addKey } from './keys.ts';

interface Overview {
  connections: {
    total: number;
    statuses: Record<string, number>;
    providers: { provider: string; total: number; troubled: number }[];
  };
  renewals: {
    done: { at: string; renewed: number; failed: number }[];
    due: { at: string; count: number }[];
    overdue: { count: number; oldest: string | null };
  };
}

const hour = 3_600_000;

const overviewOf = async (harness: Harness, key?: string): Promise<Overview> =>
  (await harness.api<Overview>('GET', '/v1/overview', key === undefined ? {} : { key })).data;

describe('the overview', () => {
  it('counts connections by status and platform', async () => {
    await using harness = await startHarness({ providers: ['other'] });
    expect((await overviewOf(harness)).connections).toEqual({
      total: 0,
      statuses: { active: 0, limited: 0, degraded: 0, reauth_required: 0, disabled: 0 },
      providers: [],
    });
    for (const id of ['one', 'two', 'three']) harness.stub.accounts.set(id, { id });
    await harness.connect({ owner: 'a' }, { account: 'one' });
    await harness.connect({ owner: 'b' }, { account: 'two', scope: 'read' });
    const { connection } = await harness.connect({ owner: 'a' }, { account: 'three' });
    await harness.api('PATCH', `/v1/connections/${connection.id}`, { json: { disabled: true } });
    await harness.connect({ provider: 'other', owner: 'b' });
    expect((await overviewOf(harness)).connections).toEqual({
      total: 4,
      statuses: { active: 2, limited: 1, degraded: 0, reauth_required: 0, disabled: 1 },
      providers: expect.arrayContaining([
        { provider: 'acme', total: 3, troubled: 1 },
        { provider: 'other', total: 1, troubled: 0 },
      ]),
    });
    const bound = await addKey(harness, ['connections:read'], { owner: 'b' });
    expect((await overviewOf(harness, bound)).connections).toMatchObject({
      total: 2,
      statuses: { active: 1, limited: 1, disabled: 0 },
    });
  });

  it('counts renewals by hour, those of the key’s owner alone', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect({ owner: 'a' });
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    harness.clock.advance(31_000);
    harness.stub.answerOnce('/token', { status: 503, body: { error: 'busy' } });
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    const bound = await addKey(harness, ['connections:read'], { owner: 'b' });
    const { renewals } = await overviewOf(harness);
    expect(renewals.done).toHaveLength(24);
    expect(renewals.due).toHaveLength(24);
    const sum = (name: 'renewed' | 'failed') => renewals.done.reduce((total, one) => total + one[name], 0);
    expect([sum('renewed'), sum('failed')]).toEqual([1, 1]);
    expect(renewals.due.reduce((total, { count }) => total + count, renewals.overdue.count)).toBe(1);
    const others = (await overviewOf(harness, bound)).renewals;
    expect(others.done.every(({ renewed, failed }) => renewed + failed === 0)).toBe(true);
    expect(others.due.every(({ count }) => count === 0)).toBe(true);

    // Nobody renews here: what is due waits.
    harness.clock.advance(3 * hour);
    const later = (await overviewOf(harness)).renewals;
    expect(later.overdue).toEqual({ count: 1, oldest: expect.stringMatching(/Z$/) });
    expect(later.done.filter(({ renewed }) => renewed > 0)).toHaveLength(1);
  });

  itKeepsSecrets();
});

interface Disconnection {
  siblings: { id: string }[];
  at_platform: string;
}

describe('what disconnecting would do', () => {
  const previewOf = async (harness: Harness, id: string, key?: string) =>
    harness.api<Disconnection>('GET', `/v1/connections/${id}/disconnection`, key === undefined ? {} : { key });

  it('is told before it is done', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    expect((await previewOf(harness, connection.id)).data).toEqual({ siblings: [], at_platform: 'revoked' });
    expect(harness.stub.requestsTo('/revoke')).toHaveLength(0);
    const bound = await addKey(harness, ['connections:read'], { owner: 'another' });
    expect(await previewOf(harness, connection.id, bound)).toMatchObject({ status: 404 });
  });

  it('spares the other connections of a person where a revocation ends them all', async () => {
    await using harness = await startHarness({ acme: () => ({ definition: { revocationEnds: 'person' } }) });
    const { connection } = await harness.connect({ owner: 'a' });
    expect((await previewOf(harness, connection.id)).data.at_platform).toBe('revoked');
    await harness.connect({ owner: 'b' });
    expect((await previewOf(harness, connection.id)).data.at_platform).toBe('kept_for_others');
    await harness.api('DELETE', `/v1/connections/${connection.id}`);
    expect(harness.stub.requestsTo('/revoke')).toHaveLength(0);
  });

  it('names the connections of the same consent', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.sql((database) =>
      database.exec(
        `insert into connections (id, grant_id, provider, owner, account_id, account_type, scopes_missing, metadata, created_at, updated_at)
         select 'conn_${'f'.repeat(32)}', grant_id, provider, owner, 'page', 'page', '[]', '{}', created_at, updated_at from connections`,
      ),
    );
    expect((await previewOf(harness, connection.id)).data).toMatchObject({
      siblings: [{ id: `conn_${'f'.repeat(32)}` }],
      at_platform: 'kept_for_others',
    });
  });
});

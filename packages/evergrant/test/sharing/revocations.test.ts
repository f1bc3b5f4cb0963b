import { describe, expect, it } from 'vitest';
import { login, pass, soon, startProducts } from './support.ts';

const person = { revocationEnds: 'person', refresh: { rotates: 'always' } };

describe('a platform where a revocation ends everything of a person', () => {
  it('is told only when the last connection of the person is gone, through whichever product, whoever owns it', async () => {
    await using harness = await startProducts(person);
    const [first] = await login(harness, {});
    const [second] = await login(harness, { provider: 'acme-pages', owner: 'another-owner' });
    await login(harness, { owner: 'a-third' }, 'bob');
    expect((await harness.api('DELETE', `/v1/connections/${first!.id}`)).status).toBe(204);
    expect(harness.stub.requestsTo('/revoke')).toHaveLength(0);
    expect((await harness.token(second!.id)).status).toBe(200);
    expect((await harness.api('DELETE', `/v1/connections/${second!.id}`)).status).toBe(204);
    expect(harness.stub.requestsTo('/revoke').length).toBeGreaterThan(0);
  });

  it('that has ended one grant has probably ended the others, which are renewed at once', async () => {
    await using harness = await startProducts(person);
    const [first] = await login(harness, {});
    const [second] = await login(harness, { provider: 'acme-pages', owner: 'another-owner' });
    const [bobs] = await login(harness, {}, 'bob');
    pass(harness, 2);
    harness.stub.withdraw();
    const { status, data } = await harness.api('POST', `/v1/connections/${first!.id}/refresh`);
    expect({ status, data }).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
    await soon(async () => {
      expect((await harness.connection(second!.id)).data).toMatchObject({ status: 'reauth_required' });
    });
    expect((await harness.connection(bobs!.id)).data).toMatchObject({ status: 'active' });
    expect(harness.stub.renewals()).toHaveLength(2);
  });
});

describe('a platform where a revocation ends one token', () => {
  it('is told at once, and one end says nothing of the others', async () => {
    await using harness = await startProducts({ revocationEnds: 'token', refresh: { rotates: 'always' } });
    const [first] = await login(harness, {});
    const [second] = await login(harness, { provider: 'acme-pages' });
    const [third] = await login(harness, { owner: 'another-owner' });
    await harness.api('DELETE', `/v1/connections/${third!.id}`);
    expect(harness.stub.requestsTo('/revoke').length).toBeGreaterThan(0);
    pass(harness, 2);
    harness.stub.withdraw();
    const before = await dueOf(second!.id);
    await harness.api('POST', `/v1/connections/${first!.id}/refresh`);
    expect(await dueOf(second!.id)).toBe(before);

    async function dueOf(id: string) {
      return (await harness.connection(id)).data.token.next_refresh_at;
    }
  });
});

import { describe, expect, it } from 'vitest';
import { type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';
import { startReceiver } from '../support/receiver.ts';
import { addKey } from './keys.ts';
import { addWebhook, background, type DeliveryBody, deliveriesOf, passUntil, settled } from './webhook-support.ts';

interface Page {
  data: (DeliveryBody & { webhook_id: string; webhook_url: string })[];
  next_cursor: string | null;
}

const sentOf = async (harness: Harness, id: string, query = ''): Promise<Page> =>
  (await harness.api<Page>('GET', `/v1/connections/${id}/deliveries${query}`)).data;

describe('GET /v1/connections/{id}/deliveries', () => {
  it('lists what every webhook was told of one connection, newest first, in pages', async () => {
    await using harness = await startHarness(background);
    const [all, some] = [await startReceiver(), await startReceiver(() => ({ status: 503, body: 'down' }))];
    const first = (await addWebhook(harness, { url: all.url })).data;
    const second = (await addWebhook(harness, { url: some.url, events: ['connection.disabled'] })).data;
    const { connection } = await harness.connect({ owner: 'owner-1' });
    await harness.connect({ owner: 'owner-2' }, { account: 'bob' });
    await harness.api('PATCH', `/v1/connections/${connection.id}`, { json: { disabled: true } });
    await passUntil(harness, 'deliveries', () => all.received.length >= 3 && some.received.length >= 1, { step: 1000 });
    await settled(harness);

    const { data, next_cursor: end } = await sentOf(harness, connection.id);
    expect(end).toBeNull();
    expect(new Set(data.map(({ connection_id: id }) => id))).toEqual(new Set([connection.id]));
    expect(data.map(({ type, webhook_id, webhook_url, status }) => [type, webhook_id, webhook_url, status])).toEqual([
      ...[...data.slice(0, 2)].map(({ webhook_id }) =>
        webhook_id === first.id
          ? ['connection.disabled', first.id, all.url, 'delivered']
          : ['connection.disabled', second.id, some.url, 'pending'],
      ),
      ['connection.created', first.id, all.url, 'delivered'],
    ]);
    expect(new Set(data.slice(0, 2).map(({ webhook_id }) => webhook_id))).toEqual(new Set([first.id, second.id]));
    const { webhook_id: _id, webhook_url: _url, ...plain } = data.at(-1)!;
    expect(await deliveriesOf(harness, first.id)).toContainEqual(plain);

    const pages: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = await sentOf(harness, connection.id, `?limit=1${cursor && `&cursor=${cursor}`}`);
      pages.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(pages).toEqual(data.map(({ id }) => id));
    expect(await harness.api('GET', `/v1/connections/${connection.id}/deliveries?cursor=x`)).toMatchObject({
      status: 400,
    });

    // What is gone takes what was sent to it along.
    await harness.api('DELETE', `/v1/webhooks/${second.id}`);
    expect((await sentOf(harness, connection.id)).data.map(({ webhook_id: id }) => id)).toEqual([first.id, first.id]);
  });

  it('is for those who may see webhooks', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect({ owner: 'owner-1' });
    const bound = await addKey(harness, ['admin'], { owner: 'owner-1' });
    const reader = await addKey(harness, ['connections:read', 'events:read']);
    const path = `/v1/connections/${connection.id}/deliveries`;
    for (const key of [bound, reader]) expect(await harness.api('GET', path, { key })).toMatchObject({ status: 403 });
    expect(await harness.api('GET', path)).toMatchObject({ status: 200, data: { data: [], next_cursor: null } });
    expect(await harness.api('GET', '/v1/connections/conn_absent/deliveries')).toMatchObject({
      status: 404,
      data: { code: 'connection_not_found' },
    });
  });
});

itKeepsSecrets();

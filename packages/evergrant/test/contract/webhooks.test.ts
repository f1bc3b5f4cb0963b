import { describe, expect, it } from 'vitest';
import { eventually, itKeepsSecrets, startHarness } from '../security/support.ts';
import { startReceiver } from '../support/receiver.ts';
import {
  addWebhook,
  arrivals,
  background,
  deliveriesOf,
  passUntil,
  settled,
  verify,
  type WebhookBody,
} from './webhook-support.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const disable = (harness: Awaited<ReturnType<typeof startHarness>>, id: string, disabled: boolean) =>
  harness.api('PATCH', `/v1/connections/${id}`, { json: { disabled } });

describe('webhooks', () => {
  it('are made, listed, changed and removed, and their secret is shown once', async () => {
    await using harness = await startHarness();
    const receiver = await startReceiver();
    const made = await addWebhook(harness, { url: receiver.url, events: ['connection.created', 'connection.created'] });
    expect(made).toMatchObject({
      status: 201,
      headers: { 'cache-control': 'no-store' },
      data: {
        id: expect.stringMatching(/^whk_[0-9a-f]{32}$/),
        url: receiver.url,
        events: ['connection.created'],
        owner: null,
        secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
        disabled: false,
        disabled_reason: null,
        failing_since: null,
      },
    });
    const { secret, ...shown } = made.data;
    const other = await addWebhook(harness, { url: receiver.url, owner: 'owner-1' });
    const { secret: _, ...second } = other.data;
    const list = await harness.api<{ data: WebhookBody[]; next_cursor: string | null }>('GET', '/v1/webhooks');
    expect(list.data).toEqual({ data: [second, shown], next_cursor: null });
    expect(harness.dump().includes(secret)).toBe(false);

    const path = `/v1/webhooks/${shown.id}`;
    expect((await harness.api('GET', path)).data).toEqual(shown);
    expect(await harness.api('PATCH', path, { json: { events: null, disabled: true } })).toMatchObject({
      status: 200,
      data: { events: null, disabled: true, disabled_reason: 'operator' },
    });
    expect(await harness.api('DELETE', path)).toMatchObject({ status: 204 });
    for (const method of ['GET', 'DELETE']) {
      expect(await harness.api(method, path)).toMatchObject({ status: 404, data: { code: 'not_found' } });
    }
    expect(await harness.api('GET', `${path}/deliveries`)).toMatchObject({ status: 404 });
  });

  it.each([
    [{}, '/url'],
    [{ url: 5 }, '/url'],
    [{ url: 'https://a.example', events: ['connection.exploded'] }, '/events/0'],
    [{ url: 'https://a.example', events: [] }, '/events'],
    [{ url: 'https://a.example', secret: 'whsec_mine' }, '/secret'],
  ])('refuse %j', async (json, pointer) => {
    await using harness = await startHarness();
    const reply = await harness.api<{ errors: { pointer: string }[] }>('POST', '/v1/webhooks', { json });
    expect(reply).toMatchObject({ status: 400, data: { code: 'invalid_request' } });
    expect(reply.data.errors.map((error) => error.pointer)).toContain(pointer);
  });

  it('get what happens from then on, of the types and the owner that they want', async () => {
    await using harness = await startHarness(background);
    const [all, some, owned] = [await startReceiver(), await startReceiver(), await startReceiver()];
    await harness.connect({ owner: 'owner-0' });
    await addWebhook(harness, { url: all.url });
    await addWebhook(harness, { url: some.url, events: ['connection.disabled', 'connection.deleted'] });
    await addWebhook(harness, { url: owned.url, owner: 'owner-2' });
    const one = (await harness.connect({ owner: 'owner-1' })).connection;
    await disable(harness, one.id, true);
    const two = (await harness.connect({ owner: 'owner-2' }, { account: 'bob' })).connection;
    await harness.api('DELETE', `/v1/connections/${two.id}`);
    await passUntil(harness, 'deliveries', () => all.received.length >= 4, { step: 1000 });
    await settled(harness);
    expect(all.types().toSorted()).toEqual([
      'connection.created',
      'connection.created',
      'connection.deleted',
      'connection.disabled',
    ]);
    expect(some.types().toSorted()).toEqual(['connection.deleted', 'connection.disabled']);
    expect(owned.types()).toEqual(['connection.created', 'connection.deleted']);
    for (const { event, headers } of all.received) {
      const { data } = await harness.api<{ data: { id: string; at: string; data: object }[] }>(
        'GET',
        `/v1/events?type=${event.type}&connection_id=${event.data.connection_id}`,
      );
      const { at, data: facts, ...about } = data.data[0]!;
      const { type: __, ...members } = about as Record<string, unknown>;
      expect(event).toEqual({ type: event.type, timestamp: at, data: { ...members, ...facts } });
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': event.data.id });
    }
  });

  it('that were down for a day get every event, in order of each connection, over restarts', {
    timeout: 180_000,
  }, async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver(() => ({ status: 503, body: 'down' }));
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    const owners = ['owner-1', 'owner-2', 'owner-3'];
    const ids: string[] = [];
    for (const owner of owners) ids.push((await harness.connect({ owner })).connection.id);
    for (let passed = 0; passed < 24; passed++) {
      const id = ids[passed % 3]!;
      await disable(harness, id, true);
      await disable(harness, id, false);
      if (passed % 8 === 3) await harness.restart();
      harness.clock.advance(hour);
      await settled(harness);
    }
    const failed = receiver.received.length;
    // It was asked now and then, and not by everything that waits.
    expect(failed).toBeGreaterThan(20);
    expect(failed).toBeLessThan(150);
    expect(await harness.api('GET', `/v1/webhooks/${webhook.id}`)).toMatchObject({
      data: { disabled: false, failing_since: expect.stringMatching(/Z$/) },
    });

    receiver.behave(() => ({ status: 200 }));
    await harness.restart();
    await passUntil(harness, 'everything to be delivered', async () => {
      const waiting = await deliveriesOf(harness, webhook.id, '?status=pending&limit=1');
      return waiting.length === 0;
    });
    const { data: timeline } = await harness.api<{ data: { id: string; connection_id: string }[] }>(
      'GET',
      '/v1/events?limit=200',
    );
    const taken = receiver.received.slice(failed);
    const events = timeline.data.toReversed();
    expect(events.length).toBeGreaterThan(50);
    expect(taken.map(({ event }) => event.data.id).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
    for (const id of ids) {
      const own = taken.filter(({ event }) => event.data.connection_id === id).map(({ event }) => event.data.id);
      expect(own).toEqual(events.filter(({ connection_id }) => connection_id === id).map((event) => event.id));
    }
    for (const one of taken) expect(verify(harness, one, webhook.secret)).toEqual(one.event);
    expect(await harness.api('GET', `/v1/webhooks/${webhook.id}`)).toMatchObject({ data: { failing_since: null } });
    const metrics = (await harness.api('GET', '/metrics')).body;
    expect(metrics).toMatch(/^evergrant_webhook_attempts_total\{outcome="delivered"\} \d/m);
    expect(metrics).toMatch(/^evergrant_webhook_backlog 0$/m);
  });

  it('that refuse one event get those of other connections meanwhile, and the later ones of its own after it', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver();
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    const one = (await harness.connect({ owner: 'a' }, { account: 'alice' })).connection.id;
    const other = (await harness.connect({ owner: 'b' }, { account: 'bob' })).connection.id;
    await passUntil(harness, 'the first events', () => receiver.received.length === 2, { step: 1000 });
    receiver.behave(({ event }) => ({ status: event.data.connection_id === one ? 500 : 200 }));
    await disable(harness, one, true);
    await disable(harness, one, false);
    await disable(harness, other, true);
    await disable(harness, other, false);
    await passUntil(harness, 'the other connection', () => {
      const of = receiver.received.filter(({ event }) => event.data.connection_id === other);
      return of.length === 3;
    });
    const ofOne = () => receiver.received.filter(({ event }) => event.data.connection_id === one);
    expect(new Set(ofOne().map(({ event }) => event.type))).toEqual(
      new Set(['connection.created', 'connection.disabled']),
    );
    await passUntil(
      harness,
      'it to be given up',
      async () => {
        const [failed] = await deliveriesOf(harness, webhook.id, '?status=failed');
        return failed !== undefined;
      },
      { step: hour },
    );
    const [failed] = await deliveriesOf(harness, webhook.id, '?status=failed');
    expect(failed).toMatchObject({
      type: 'connection.disabled',
      attempts: 13,
      last_status: 500,
      last_error: 'The endpoint answered 500',
      next_attempt_at: null,
    });
    receiver.behave(() => ({ status: 200 }));
    await passUntil(harness, 'the next one', () => ofOne().some(({ event }) => event.type === 'connection.updated'), {
      step: hour,
    });

    const tries = () => receiver.received.filter(({ headers }) => headers['webhook-id'] === failed!.event_id).length;
    expect(tries()).toBe(13);
    const replayed = await harness.api('POST', `/v1/webhooks/${webhook.id}/deliveries/${failed!.id}/replay`);
    expect(replayed).toMatchObject({ status: 202, data: { id: failed!.id, status: 'pending', attempts: 0 } });
    await passUntil(harness, 'the replay', () => tries() === 14, { step: 1000 });
    await settled(harness);
    const statuses = (await deliveriesOf(harness, webhook.id, '?limit=200')).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(['delivered']));
  });

  it('that took nothing for five days are disabled, and get all once they are switched on', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver(() => ({ status: 500 }));
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    const { id } = (await harness.connect()).connection;
    await disable(harness, id, true);
    await passUntil(
      harness,
      'the webhook to be disabled',
      async () => {
        // Something new keeps it being tried.
        await disable(harness, id, false);
        await disable(harness, id, true);
        const { data } = await harness.api<WebhookBody>('GET', `/v1/webhooks/${webhook.id}`);
        return data.disabled_reason === 'failing';
      },
      { step: 6 * hour },
    );
    expect(harness.logLines.join('')).toContain('a webhook is disabled');
    expect((await harness.api('GET', '/metrics')).body).toMatch(/^evergrant_webhooks_disabled 1$/m);
    const failed = receiver.received.length;
    receiver.behave(() => ({ status: 200 }));
    harness.clock.advance(day);
    await settled(harness);
    expect(receiver.received).toHaveLength(failed);
    await harness.api('PATCH', `/v1/webhooks/${webhook.id}`, { json: { disabled: false } });
    await passUntil(
      harness,
      'what waited',
      async () => {
        return (await deliveriesOf(harness, webhook.id, '?status=pending&limit=1')).length === 0;
      },
      { step: 1000 },
    );
    expect(receiver.received.length).toBeGreaterThan(failed);
  });

  it('send every event of a time once more, also what happened while they were off', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver();
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    await harness.api('PATCH', `/v1/webhooks/${webhook.id}`, { json: { disabled: true } });
    const before = new Date(harness.clock.now() - minute).toISOString();
    const { id } = (await harness.connect()).connection;
    await disable(harness, id, true);
    await settled(harness);
    await harness.api('PATCH', `/v1/webhooks/${webhook.id}`, { json: { disabled: false } });
    await disable(harness, id, false);
    await passUntil(harness, 'the new event', () => receiver.received.length === 1, { step: 1000 });
    expect(receiver.types()).toEqual(['connection.updated']);
    const replay = (json: object) => harness.api('POST', `/v1/webhooks/${webhook.id}/replay`, { json });
    expect(await replay({ since: before })).toMatchObject({ status: 202, data: { replayed: 3 } });
    await passUntil(harness, 'the replay', () => receiver.received.length === 4, { step: 1000 });
    expect(receiver.types().slice(1)).toEqual(['connection.created', 'connection.disabled', 'connection.updated']);
    expect(await replay({ status: 'failed' })).toMatchObject({ status: 202, data: { replayed: 0 } });
    expect(await replay({ since: new Date(harness.clock.now() + day).toISOString() })).toMatchObject({
      data: { replayed: 0 },
    });
    for (const wrong of [{}, { status: 'delivered' }, { since: 'yesterday' }]) {
      expect(await replay(wrong)).toMatchObject({ status: 400, data: { code: 'invalid_request' } });
    }
  });

  it('are tried out without an event', async () => {
    await using harness = await startHarness();
    const receiver = await startReceiver(() => ({ status: 418, body: 'no\u001b[31m\ncoffee' }));
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    const { data } = await harness.api('POST', `/v1/webhooks/${webhook.id}/test`);
    expect(data).toEqual({
      delivered: false,
      status: 418,
      error: 'The endpoint answered 418',
      answer: 'no [31m coffee',
    });
    expect(receiver.types()).toEqual(['webhook.test']);
    expect(verify(harness, receiver.received[0]!, webhook.secret)).toEqual(receiver.received[0]!.event);
  });

  it('wait as long as an endpoint asks them to', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    await addWebhook(harness, { url: receiver.url });
    await harness.connect();
    await arrivals(receiver, 1);
    await settled(harness);
    for (let passed = 0; passed < 59; passed++) {
      harness.clock.advance(minute);
      await settled(harness);
    }
    expect(receiver.received).toHaveLength(1);
    harness.clock.advance(2 * minute);
    await eventually('the next try', () => receiver.received.length === 2);
  });
});

itKeepsSecrets();

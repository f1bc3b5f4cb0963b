import { describe, expect, it } from 'vitest';
import {
  addWebhook,
  arrivals,
  background,
  deliveriesOf,
  passUntil,
  settled,
  verify,
  type WebhookBody,
} from '../contract/webhook-support.ts';
import { startReceiver } from '../support/receiver.ts';
import { eventually, type Harness, itKeepsSecrets, startHarness } from './support.ts';

const minute = 60_000;
const hour = 60 * minute;

const webhookOf = async (harness: Harness, id: string) =>
  (await harness.api<WebhookBody>('GET', `/v1/webhooks/${id}`)).data;

describe('webhooks by the Standard Webhooks specification', () => {
  it('L05 keep their id over retries, and each attempt is signed with its own time', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver(() => ({ status: 500 }));
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    await harness.connect();
    await passUntil(harness, 'five attempts', () => receiver.received.length >= 5);
    const attempts = receiver.received.slice(0, 5);
    const headers = (name: string) => attempts.map((attempt) => attempt.headers[name]);
    expect(new Set(headers('webhook-id'))).toEqual(new Set([attempts[0]!.event.data.id]));
    expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
    expect(new Set(headers('webhook-timestamp')).size).toBe(5);
    expect(new Set(headers('webhook-signature')).size).toBe(5);
    expect(Buffer.from(webhook.secret.replace('whsec_', ''), 'base64').length).toBeGreaterThanOrEqual(24);
    expect(verify(harness, attempts[4]!, webhook.secret)).toEqual(attempts[4]!.event);
    const older = { ...attempts[4]!, headers: { ...attempts[4]!.headers, 'webhook-timestamp': '1700000000' } };
    expect(() => verify(harness, older, webhook.secret)).toThrow();
  });

  it('L05 are signed twice while their secret is rotated, for a day', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver();
    const { data: made } = await addWebhook(harness, { url: receiver.url });
    const rotated = await harness.api<WebhookBody>('POST', `/v1/webhooks/${made.id}/rotate-secret`);
    harness.canaries.add('webhook secret', rotated.data.secret);
    expect(rotated).toMatchObject({ status: 200, data: { id: made.id, previous_secret_until: expect.any(String) } });
    expect(rotated.data.secret).not.toBe(made.secret);
    const { id } = (await harness.connect()).connection;
    const [during] = await arrivals(receiver, 1);
    expect(during!.headers['webhook-signature']!.split(' ')).toHaveLength(2);
    for (const secret of [made.secret, rotated.data.secret]) {
      expect(verify(harness, during!, secret)).toEqual(during!.event);
    }
    harness.clock.advance(25 * hour);
    await harness.api('PATCH', `/v1/connections/${id}`, { json: { disabled: true } });
    await passUntil(harness, 'the next event', () => receiver.types().includes('connection.disabled'), { step: 1000 });
    const after = receiver.received.find(({ event }) => event.type === 'connection.disabled')!;
    expect(after.headers['webhook-signature']!.split(' ')).toHaveLength(1);
    expect(verify(harness, after, rotated.data.secret)).toEqual(after.event);
    expect(() => verify(harness, after, made.secret)).toThrow();
    await passUntil(harness, 'the old secret to be forgotten', async () => {
      return (await webhookOf(harness, made.id)).previous_secret_until === null;
    });
  });

  it('L06 carry what happened to what, and nothing secret', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver();
    await addWebhook(harness, { url: receiver.url });
    const { connection } = await harness.connect();
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    await passUntil(harness, 'both events', () => receiver.types().includes('connection.refreshed'), { step: 1000 });
    for (const { body, headers, event } of receiver.received) {
      expect(harness.canaries.findIn(body + JSON.stringify(headers))).toEqual([]);
      expect(Object.keys(event)).toEqual(['type', 'timestamp', 'data']);
      expect(body.length).toBeLessThan(1000);
    }
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: '/hook',
      event: {
        type: 'connection.created',
        data: {
          id: expect.stringMatching(/^evt_/),
          connection_id: connection.id,
          owner: 'owner-1',
          provider: 'acme',
        },
      },
    });
  });

  it('L06 T03 lead to public https addresses only, or to what the operator trusts', async () => {
    await using harness = await startHarness({ publicUrl: 'https://connect.example' });
    const refused = [
      'http://hooks.example/a',
      'http://127.0.0.1:8080/',
      'https://127.0.0.1/',
      'https://localhost/',
      'https://10.0.0.1/',
      'https://192.168.1.1/hook',
      'https://169.254.169.254/latest/meta-data',
      'https://[::1]/',
      'https://[::ffff:10.0.0.1]/',
      'https://[fd00:ec2::254]/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://user:pass@hooks.example/',
      'ftp://hooks.example/',
      'file:///etc/passwd',
      'not a url',
    ];
    for (const url of refused) {
      const reply = await addWebhook(harness, { url });
      expect({ url, status: reply.status, data: reply.data }).toMatchObject({
        url,
        status: 422,
        data: { code: 'target_not_allowed' },
      });
    }
    expect(await addWebhook(harness, { url: 'https://1.1.1.1/hook' })).toMatchObject({ status: 201 });
    const { data: webhook } = await addWebhook(harness, { url: 'https://8.8.8.8/hook' });
    const change = await harness.api('PATCH', `/v1/webhooks/${webhook.id}`, { json: { url: 'https://10.0.0.1/' } });
    expect(change).toMatchObject({ status: 422, data: { code: 'target_not_allowed' } });
    expect((await webhookOf(harness, webhook.id)).url).toBe('https://8.8.8.8/hook');

    await harness.restart({ returnUrls: ['https://10.0.0.1', 'https://169.254.169.254'] });
    expect(await addWebhook(harness, { url: 'https://10.0.0.1/hook' })).toMatchObject({ status: 201 });
    expect(await addWebhook(harness, { url: 'https://10.0.0.1:444/hook' })).toMatchObject({ status: 422 });
    expect(await addWebhook(harness, { url: 'https://169.254.169.254/' })).toMatchObject({ status: 422 });
  });

  it('L06 T03 are judged again at every delivery', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver();
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    await harness.restart({ publicUrl: 'https://connect.example', sandbox: false });
    await harness.api('POST', '/v1/connect', { json: { provider: 'acme', owner: 'owner-1' } });
    harness.clock.advance(11 * minute);
    await passUntil(harness, 'an attempt', async () => {
      const [delivery] = await deliveriesOf(harness, webhook.id);
      return (delivery?.attempts ?? 0) > 0;
    });
    await settled(harness);
    const [delivery] = await deliveriesOf(harness, webhook.id);
    expect(delivery).toMatchObject({ status: 'pending', last_status: null });
    expect(delivery!.last_error).toContain('must be reached over https');
    expect(receiver.received).toEqual([]);
  });

  it('L06 follow no redirect: it is a failure like any other', async () => {
    await using harness = await startHarness(background);
    const elsewhere = await startReceiver();
    const receiver = await startReceiver(() => ({ status: 307, headers: { location: elsewhere.url } }));
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    await harness.connect();
    await arrivals(receiver, 1);
    await settled(harness);
    expect(elsewhere.received).toEqual([]);
    const [delivery] = await deliveriesOf(harness, webhook.id);
    expect(delivery).toMatchObject({ status: 'pending', attempts: 1, last_status: 307 });
  });

  it('L06 that answer 410 are disabled, and the operator is told', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver(() => ({ status: 410 }));
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    const { id } = (await harness.connect()).connection;
    await eventually('it to be disabled', async () => (await webhookOf(harness, webhook.id)).disabled);
    expect(await webhookOf(harness, webhook.id)).toMatchObject({ disabled: true, disabled_reason: 'gone' });
    expect(harness.logLines.join('')).toContain('a webhook is disabled');
    await harness.api('PATCH', `/v1/connections/${id}`, { json: { disabled: true } });
    harness.clock.advance(48 * hour);
    await settled(harness);
    expect(receiver.received).toHaveLength(1);
  });

  it('L06 that do not answer in 15 seconds have failed, and an endless answer is not read to its end', async () => {
    await using harness = await startHarness(background);
    const receiver = await startReceiver(() => 'hang');
    const { data: webhook } = await addWebhook(harness, { url: receiver.url });
    await harness.connect();
    await arrivals(receiver, 1);
    harness.clock.advance(16_000);
    const first = await eventually('the failure', async () => {
      const [delivery] = await deliveriesOf(harness, webhook.id);
      return delivery?.last_error ? delivery : null;
    });
    expect(first.last_error).toContain('no answer in time');
    receiver.behave(() => ({ status: 200, body: 'x'.repeat(10_000_000) }));
    await passUntil(harness, 'the next attempt', () => receiver.received.length === 2);
    await settled(harness);
    const [second] = await deliveriesOf(harness, webhook.id);
    expect(second).toMatchObject({ status: 'pending', attempts: 2 });
    expect(second!.last_error).toContain('too large');
    receiver.behave(() => ({ status: 500, body: `\u0000<script>\n${'y'.repeat(5000)}` }));
    await passUntil(harness, 'the third attempt', () => receiver.received.length === 3);
    await settled(harness);
    const [third] = await deliveriesOf(harness, webhook.id);
    expect(third!.answer).toMatch(/^<script> y+…?$/);
    expect(third!.answer!.length).toBeLessThanOrEqual(500);
  });

  it('S01 keep their secrets sealed, also while they are rotated', async () => {
    await using harness = await startHarness();
    const { data: made } = await addWebhook(harness, { url: 'http://127.0.0.1:9/hook' });
    const { data: rotated } = await harness.api<WebhookBody>('POST', `/v1/webhooks/${made.id}/rotate-secret`);
    harness.canaries.add('webhook secret', rotated.secret);
    expect(harness.canaries.findIn(harness.dump())).toEqual([]);
    await harness.evergrant.vault.rotate();
    expect(await harness.evergrant.vault.keyUse()).toEqual({ test: expect.any(Number) });
  });
});

itKeepsSecrets();

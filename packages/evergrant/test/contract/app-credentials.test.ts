import { describe, expect, it } from 'vitest';
import { makeSecret } from '../security/canaries.ts';
import { createOAuth1Server } from '../security/oauth1-server.ts';
import { type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';
import { addKey } from './keys.ts';

interface TestBody {
  result: string;
  error_code: string | null;
  upstream: { status?: number; code?: string } | null;
}

const test = (harness: Harness, id = 'acme', key?: string) =>
  harness.api<TestBody>('POST', `/v1/providers/${id}/app/test`, key === undefined ? {} : { key });

/** What the platform was asked. */
const asked = ({ stub }: Harness) => stub.requests.filter(({ path }) => path === '/token');

describe('POST /v1/providers/{id}/app/test', () => {
  it('tells right credentials from wrong ones, without anybody’s consent', async () => {
    await using harness = await startHarness();
    expect(await test(harness)).toMatchObject({
      status: 200,
      data: { result: 'accepted', error_code: null, upstream: null },
    });
    // Wrong ones, presented in the same way, were called wrong.
    expect(asked(harness)).toHaveLength(2);
    for (const { form } of asked(harness)) expect(form.get('grant_type')).toBe('authorization_code');
    const secret = harness.canaries.add('client secret', makeSecret('cs_'));
    await harness.api('PUT', '/v1/providers/acme/app', {
      json: { client_id: harness.stub.client.id, client_secret: secret },
    });
    expect(await test(harness)).toMatchObject({
      status: 200,
      data: {
        result: 'refused',
        error_code: 'provider_app_credentials_invalid',
        upstream: { status: 401, code: 'invalid_client' },
      },
    });
    expect(await harness.api('GET', '/v1/providers/acme')).toMatchObject({ data: { health: { status: 'ok' } } });
  });

  it('does not take the next secret for the one that is asked about', async () => {
    await using harness = await startHarness();
    const { id, secret } = harness.stub.client;
    const wrong = harness.canaries.add('client secret', makeSecret('cs_'));
    await harness.api('PUT', '/v1/providers/acme/app', {
      json: { client_id: id, client_secret: wrong, next_client_secret: secret },
    });
    expect((await test(harness)).data.result).toBe('refused');
  });

  it.each([
    ['answers in the same way to whoever asks', { status: 400, body: { error: 'invalid_grant' } }, 'invalid_grant'],
    ['asks to slow down', { status: 429, body: { error: 'slow_down' } }, 'slow_down'],
    ['fails', { status: 503, body: { error: 'busy' } }, 'busy'],
  ])('does not know where the platform %s', async (_what, answer, code) => {
    await using harness = await startHarness();
    harness.stub.answer('/token', answer);
    expect((await test(harness)).data).toMatchObject({ result: 'unknown', upstream: { code } });
  });

  it('does not know where nobody answers', async () => {
    await using harness = await startHarness();
    harness.stub.answer('/token', { fault: 'reset' });
    expect((await test(harness)).data).toEqual({
      result: 'unknown',
      error_code: 'provider_unavailable',
      upstream: null,
    });
  });

  it('asks a platform of OAuth 1.0a for a request token', async () => {
    await using harness = await startHarness();
    const secret = harness.canaries.add('client secret', makeSecret('cs_'));
    const platform = await createOAuth1Server(['https://api.x.com'], { id: 'key-of-x', secret });
    platform.watch.secret = (kind, value) => void harness.canaries.add(kind, value);
    try {
      const config = (clientSecret: string) => ({
        providers: { 'x-oauth1': { clientId: 'key-of-x', clientSecret, origins: platform.origins } },
      });
      await harness.restart(config(secret));
      expect((await test(harness, 'x-oauth1')).data.result).toBe('accepted');
      await harness.restart(config(harness.canaries.add('client secret', makeSecret('cs_'))));
      expect((await test(harness, 'x-oauth1')).data).toMatchObject({
        result: 'refused',
        error_code: 'provider_app_credentials_invalid',
      });
    } finally {
      await platform.close();
    }
  });

  it('refuses platforms without an app, and keys that are bound or may not', async () => {
    await using harness = await startHarness();
    expect(await test(harness, 'nobody')).toMatchObject({ status: 404, data: { code: 'provider_unknown' } });
    expect(await test(harness, 'linkedin')).toMatchObject({ status: 404, data: { code: 'provider_not_configured' } });
    for (const id of ['mastodon', 'bluesky']) {
      expect(await test(harness, id)).toMatchObject({ status: 409, data: { code: 'conflict' } });
    }
    const bound = await addKey(harness, ['admin'], { owner: 'owner-1' });
    const writer = await addKey(harness, ['connections:write']);
    for (const key of [bound, writer]) expect(await test(harness, 'acme', key)).toMatchObject({ status: 403 });
    expect(asked(harness)).toEqual([]);
  });
});

itKeepsSecrets();

import { describe, expect, it } from 'vitest';
import { send } from './http.ts';
import { itKeepsSecrets, startHarness } from './support.ts';

describe('what callers send', () => {
  it('A07 unknown fields are refused and named, in bodies and in queries', async () => {
    await using harness = await startHarness();
    const { connection, flow } = await harness.connect();
    const calls: [string, string, object?][] = [
      ['POST', '/v1/connect', { provider: 'acme', owner: 'owner-1', surprise: 1 }],
      ['PATCH', `/v1/connections/${connection.id}`, { metadata: {}, surprise: 1 }],
      ['POST', `/v1/connect/${flow.id}/accounts`, { account_ids: ['x'], surprise: 1 }],
      ['POST', `/v1/connections/${connection.id}/token/rejected`, { generation: 1, surprise: 1 }],
      ['GET', '/v1/connections?surprise=1'],
      ['GET', `/v1/connections/${connection.id}/token?surprise=1`],
      ['GET', `/v1/connections/${connection.id}/events?surprise=1`],
      ['GET', `/v1/connect/${flow.id}?surprise=1`],
      ['DELETE', `/v1/connections/${connection.id}?surprise=1`],
      // Where nothing is declared at all, neither is this.
      ['GET', `/v1/connections/${connection.id}?surprise=1`],
      ['GET', '/v1/providers?surprise=1'],
      ['GET', '/v1/overview?surprise=1'],
      ['POST', '/v1/connect?surprise=1', { provider: 'acme', owner: 'owner-1' }],
      ['POST', `/v1/connections/${connection.id}/refresh`, { surprise: 1 }],
    ];
    for (const [method, path, json] of calls) {
      expect(await harness.api(method, path, { json })).toMatchObject({
        status: 400,
        data: { code: 'invalid_request', errors: [{ pointer: '/surprise' }] },
      });
    }
    expect(await harness.connection(connection.id)).toMatchObject({ status: 200 });
    expect(harness.stub.renewals()).toEqual([]);
    const refresh = `/v1/connections/${connection.id}/refresh`;
    expect(await harness.api('POST', refresh, { json: {} })).toMatchObject({ status: 200 });
    expect(await harness.api('POST', refresh, { json: [] })).toMatchObject({ status: 400 });
  });

  it('A07 __proto__ of a client changes nothing', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const bodies: [string, string, string][] = [
      [
        'POST',
        '/v1/connect',
        '{"provider":"acme","owner":"o","__proto__":{"polluted":"yes","skip_confirmation":true}}',
      ],
      ['POST', '/v1/connect', '{"provider":"acme","owner":"o","constructor":{"prototype":{"polluted":"yes"}}}'],
      ['PATCH', `/v1/connections/${connection.id}`, '{"metadata":{"__proto__":{"polluted":"yes"},"a":1}}'],
      ['PATCH', `/v1/connections/${connection.id}`, '{"__proto__":{"disabled":true}}'],
    ];
    for (const [method, path, body] of bodies) {
      const answer = await harness.api(method, path, { body, headers: { 'content-type': 'application/json' } });
      expect(answer.status).toBeLessThan(500);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(await harness.connection(connection.id)).toMatchObject({ data: { status: 'active' } });
  });

  it('A07 __proto__ of a platform changes nothing', async () => {
    await using harness = await startHarness();
    const { stub } = harness;
    const pollute = (body: object) =>
      JSON.stringify(body).replace(
        '{',
        '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},',
      );
    for (const path of ['/token', '/me']) {
      stub.answer(path, (received) => {
        const answer = stub.behave(received);
        return { headers: { 'content-type': 'application/json' }, body: pollute(answer.body as object) };
      });
    }
    const { connection } = await harness.connect();
    expect(connection).toMatchObject({ status: 'active', account: { id: 'alice' } });
    stub.answer('/token', {
      headers: { 'content-type': 'application/json' },
      body: '{"__proto__":{"access_token":"x","token_type":"Bearer"}}',
    });
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject({
      data: { code: 'provider_bad_response' },
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['access_token']).toBeUndefined();
  });

  it.each(["' OR 1=1 --", "'; drop table connections; --", '" or ""="', '%', '_', '\\'])(
    'A07 quotes and wildcards are text: %j',
    async (text) => {
      await using harness = await startHarness();
      const { connection } = await harness.connect();
      const encoded = encodeURIComponent(text);
      for (const query of [`owner=${encoded}`, `provider=${encoded}`, `q=${encoded}`]) {
        expect(await harness.api('GET', `/v1/connections?${query}`)).toMatchObject({ status: 200, data: { data: [] } });
      }
      for (const query of [`status=${encoded}`, `cursor=${encoded}`, `limit=${encoded}`]) {
        expect(await harness.api('GET', `/v1/connections?${query}`)).toMatchObject({ status: 400 });
      }
      for (const path of [`/v1/connections/${encoded}`, `/v1/connections/${encoded}/token`, `/v1/connect/${encoded}`]) {
        expect(await harness.api('GET', path)).toMatchObject({ status: 404 });
      }
      const owned = await harness.connect({ owner: text }, { account: 'bob' });
      const { data } = await harness.api<{ data: object[] }>('GET', `/v1/connections?owner=${encoded}`);
      expect(data.data).toMatchObject([{ id: owned.connection.id, owner: text }]);
      expect(await harness.connection(connection.id)).toMatchObject({ status: 200 });
    },
  );

  it.each(['\u0000', 'a\u0000b'])('A07 NUL ends no text early: %j', async (text) => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const encoded = encodeURIComponent(text);
    for (const query of [`owner=${encoded}`, `provider=${encoded}`, `q=${encoded}`, `status=${encoded}`]) {
      expect(await harness.api('GET', `/v1/connections?${query}`)).toMatchObject({ status: 400 });
    }
    expect(await harness.start({ owner: text })).toMatchObject({ status: 400 });
    expect(await harness.api('GET', `/v1/connections/${connection.id}%00`)).toMatchObject({ status: 404 });
  });

  it.each([
    ['text/plain', '{}'],
    ['application/x-www-form-urlencoded', 'provider=acme&owner=o'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/jsonp', '{}'],
    ['application/xml', '<a/>'],
    ['', '{}'],
  ])('A08 a body of type %j is refused', async (type, body) => {
    await using harness = await startHarness({ memory: true });
    const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
    expect(await harness.api('POST', '/v1/connect', { body, headers })).toMatchObject({
      status: 415,
      headers: { 'content-type': 'application/problem+json', 'x-content-type-options': 'nosniff' },
      data: { code: 'unsupported_media_type' },
    });
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset=UTF-8'])(
    'A08 a body of type %j is read',
    async (type) => {
      await using harness = await startHarness({ memory: true });
      const body = JSON.stringify({ provider: 'acme', owner: 'Zoë' });
      expect(await harness.api('POST', '/v1/connect', { body, headers: { 'content-type': type } })).toMatchObject({
        status: 201,
        headers: { 'content-type': expect.stringMatching(/^application\/json/), 'x-content-type-options': 'nosniff' },
      });
    },
  );

  it.each(['{', '', 'null', '[]', '"x"', '{"owner":1}', '\u0000', `{"owner":"o","metadata":${'['.repeat(60_000)}`])(
    'A08 a body that is not valid is a 400: %.20s',
    async (body) => {
      await using harness = await startHarness({ memory: true });
      const headers = { 'content-type': 'application/json' };
      expect(await harness.api('POST', '/v1/connect', { body, headers })).toMatchObject({
        status: 400,
        data: { code: 'invalid_request' },
      });
    },
  );

  it('A08 nesting without end is no failure of ours', async () => {
    await using harness = await startHarness();
    const deep = 60_000;
    const body = `{"provider":"acme","owner":"o","metadata":{"a":${'['.repeat(deep)}${']'.repeat(deep)}}}`;
    const { status } = await harness.api('POST', '/v1/connect', {
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(status).toBe(400);
  });

  it('A08 a body that is too large is a 413, announced or not', async () => {
    await using harness = await startHarness({ memory: true });
    const body = JSON.stringify({ provider: 'acme', owner: 'o', metadata: { a: 'x'.repeat(300_000) } });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${harness.apiKey}` };
    const announcements: Record<string, string>[] = [{}, { 'transfer-encoding': 'chunked' }];
    for (const more of announcements) {
      const answer = await send(`${harness.listening}/v1/connect`, {
        method: 'POST',
        body,
        headers: { ...headers, ...more },
      });
      expect(answer).toMatchObject({ status: 413, data: { code: 'payload_too_large' } });
    }
    const form = { method: 'POST', body: `code=${'x'.repeat(300_000)}` };
    expect(await send(`${harness.listening}/integrations/social/acme`, form)).toMatchObject({ status: 413 });
  });

  itKeepsSecrets();
});

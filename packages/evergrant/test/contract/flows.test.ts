import { describe, expect, it } from 'vitest';
import type { Answer } from '../security/authorization-server.ts';
import { type Harness, itKeepsSecrets, type ProblemBody, startHarness } from '../security/support.ts';

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);

/** The platform sends the browser back with these parameters beside the state. */
const returnWith = async (harness: Harness, parameters: Record<string, string>, input: object = {}) => {
  const { started, authorizationUrl, browser } = await harness.begin({ ...input });
  const callback = new URL(harness.stub.consent(authorizationUrl));
  callback.searchParams.delete('code');
  for (const [name, value] of Object.entries(parameters)) callback.searchParams.set(name, value);
  const page = await browser.follow(callback.href);
  return { page, flow: await harness.flow(started.id) };
};

describe('starting a flow', () => {
  it('answers exactly what the contract says', async () => {
    await using harness = await startHarness();
    const { status, headers, data } = await harness.start();
    expect({ status, data }).toStrictEqual({
      status: 201,
      data: {
        id: expect.stringMatching(/^flow_[0-9a-f]{32}$/),
        status: 'pending',
        url: expect.stringMatching(new RegExp(`^${harness.publicUrl}/connect/[\\w-]{43}$`)),
        status_token: expect.stringMatching(/^[\w-]{43}$/),
        expires_at: time,
      },
    });
    expect(headers['cache-control']).toBe('no-store');
    expect(await harness.flow(data.id)).toMatchObject({
      id: data.id,
      status: 'pending',
      connections: [],
      accounts: [],
      error: null,
    });
  });

  it.each<[object, number, string]>([
    [{ owner: undefined }, 400, 'invalid_request'],
    [{ owner: '' }, 400, 'invalid_request'],
    [{ owner: 42 }, 400, 'invalid_request'],
    [{ owner: 'x'.repeat(201) }, 400, 'invalid_request'],
    [{ provider: '' }, 400, 'invalid_request'],
    [{ provider: 'nowhere' }, 404, 'provider_unknown'],
    [{ provider: '__proto__' }, 404, 'provider_unknown'],
    [{ provider: 'linkedin' }, 404, 'provider_not_configured'],
    [{ connection_id: 'conn_x' }, 404, 'connection_not_found'],
    [{ scopes: [] }, 400, 'invalid_request'],
    [{ scopes: 'read' }, 400, 'invalid_request'],
    [{ scopes: ['admin'] }, 400, 'scope_not_allowed'],
    [{ return_to: 'https://evil.example/' }, 400, 'return_url_not_allowed'],
    [{ return_to: 'no address' }, 400, 'return_url_not_allowed'],
    [{ metadata: 'x' }, 400, 'invalid_request'],
    [{ instance: 'server.example' }, 400, 'invalid_request'],
    [{ skip_confirmation: 'yes' }, 400, 'invalid_request'],
  ])('refuses %j', async (input, status, code) => {
    await using harness = await startHarness({ memory: true });
    const answer = await harness.api<ProblemBody>('POST', '/v1/connect', {
      json: { provider: 'acme', owner: 'owner-1', ...input },
    });
    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json' },
      data: { code, status, type: `${harness.publicUrl}/errors/${code}`, title: expect.any(String) },
    });
    expect(answer.data.instance).toBe(`urn:evergrant:request:${String(answer.headers['x-request-id'])}`);
    if (code === 'invalid_request') expect(answer.data.errors?.[0]?.pointer).toBe(`/${Object.keys(input)[0]}`);
  });

  it('without a provider lets the person choose among those that are set up', async () => {
    await using harness = await startHarness({ providers: ['other'] });
    const { data } = await harness.start({ provider: undefined });
    const browser = harness.browser();
    const page = await browser.get(data.url);
    expect(page).toMatchObject({ status: 200, location: null });
    expect(page.body).toContain('value="acme"');
    expect(page.body).toContain('value="other"');
    expect(page.body).not.toContain('value="linkedin"');
    expect((await browser.post(data.url, { provider: 'linkedin' })).status).toBe(404);
    const { location } = await browser.post(data.url, { provider: 'other' });
    expect(location).toContain(harness.stubs['other']?.origin);
    await browser.follow(harness.stubs['other']?.consent(location ?? '') ?? '');
    expect(await harness.flow(data.id)).toMatchObject({ status: 'connected', connections: [{ provider: 'other' }] });
  });

  it('leads to the same request however often the link is opened', async () => {
    await using harness = await startHarness();
    const { started, authorizationUrl, browser } = await harness.begin();
    expect((await browser.get(started.url)).location).toBe(authorizationUrl);
  });
});

describe('the status of a flow', () => {
  it('connected: has the connections, and passes on the metadata', async () => {
    await using harness = await startHarness();
    const { flow, page } = await harness.connect({ metadata: { plan: 'pro' } });
    expect(flow).toMatchObject({ status: 'connected', accounts: [], error: null });
    expect(flow.connections).toMatchObject([{ provider: 'acme', owner: 'owner-1', metadata: { plan: 'pro' } }]);
    expect(page.status).toBe(200);
    expect(page.body).toContain('Alice Adams');
  });

  it('is held back until it changes', async () => {
    await using harness = await startHarness();
    const { started, authorizationUrl, browser } = await harness.begin();
    const waiting = harness.api('GET', `/v1/connect/${started.id}?wait=25`);
    const early = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))]);
    expect(early).toBe('waits');
    await browser.follow(harness.stub.consent(authorizationUrl));
    expect(await waiting).toMatchObject({ status: 200, data: { status: 'connected' } });
  });

  it('is given as it is when it does not change in time', async () => {
    await using harness = await startHarness();
    const { data: started } = await harness.start();
    const waiting = harness.api('GET', `/v1/connect/${started.id}?wait=25`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    harness.clock.advance(25_000);
    expect(await waiting).toMatchObject({ status: 200, data: { status: 'pending' } });
  });

  it.each(['wait=-1', 'wait=x', 'wait=', 'wait=1000'])('refuses %s', async (query) => {
    await using harness = await startHarness({ memory: true });
    const { data } = await harness.start();
    expect(await harness.api('GET', `/v1/connect/${data.id}?${query}`)).toMatchObject({
      status: 400,
      data: { code: 'invalid_request', errors: [{ pointer: '/wait' }] },
    });
  });

  it('of a flow that does not exist is 404', async () => {
    await using harness = await startHarness({ memory: true });
    expect(await harness.api('GET', '/v1/connect/flow_x')).toMatchObject({
      status: 404,
      data: { code: 'flow_not_found' },
    });
  });
});

describe('what the platform answers to the person', () => {
  it.each([
    ['access_denied', 'consent_denied', 403],
    ['user_cancelled_login', 'consent_denied', 403],
    ['user_cancelled_authorize', 'consent_denied', 403],
    ['login_required', 'login_required_at_provider', 403],
    ['consent_required', 'login_required_at_provider', 403],
    ['server_error', 'provider_unavailable', 503],
    ['temporarily_unavailable', 'provider_unavailable', 503],
    ['invalid_scope', 'scope_unavailable', 502],
    ['redirect_uri_mismatch', 'redirect_uri_mismatch', 502],
    ['invalid_client', 'provider_app_credentials_invalid', 502],
    ['unauthorized_client', 'provider_app_not_allowed', 502],
    ['something_new', 'provider_app_not_allowed', 502],
  ])('%s: %s', async (error, code, status) => {
    await using harness = await startHarness();
    const { page, flow } = await returnWith(harness, { error, error_description: 'Because of the weather' });
    expect(flow).toMatchObject({
      status: 'failed',
      connections: [],
      error: { code, status, upstream: { code: error, description: 'Because of the weather' } },
    });
    expect(page.status).toBe(status);
    expect(page.body).toContain(`<code>${code}</code>`);
    expect(page.body).toContain('Because of the weather');
    expect(new URL(page.url).search).toBe('');
    expect(harness.stub.requests).toEqual([]);
  });

  it('nothing but the state: malformed, and the flow is not spent', async () => {
    await using harness = await startHarness();
    const { page, flow } = await returnWith(harness, {});
    expect(page.status).toBe(400);
    expect(page.body).toContain('<code>callback_malformed</code>');
    expect(flow).toMatchObject({ status: 'pending', error: null });
  });

  it('a failed flow returns to the application with its status', async () => {
    await using harness = await startHarness({ config: { returnUrls: ['https://app.example.test'] } });
    const input = { return_to: 'https://app.example.test/done?tab=2' };
    const { page, flow } = await returnWith(harness, { error: 'access_denied' }, input);
    const address = `https://app.example.test/done?tab=2&flow=${flow.id}&status=failed`;
    expect(page.body).toContain(address.replaceAll('&', '&amp;'));
  });
});

describe('what the platform answers to the exchange', () => {
  it.each<[string, Answer, string, number]>([
    ['invalid_grant', { status: 400, body: { error: 'invalid_grant' } }, 'code_rejected', 400],
    ['invalid_client', { status: 401, body: { error: 'invalid_client' } }, 'provider_app_credentials_invalid', 502],
    ['unauthorized_client', { status: 400, body: { error: 'unauthorized_client' } }, 'provider_app_not_allowed', 502],
    ['invalid_scope', { status: 400, body: { error: 'invalid_scope' } }, 'scope_unavailable', 502],
    ['redirect_uri_mismatch', { status: 400, body: { error: 'redirect_uri_mismatch' } }, 'redirect_uri_mismatch', 502],
    ['invalid_request', { status: 400, body: { error: 'invalid_request' } }, 'provider_bad_response', 502],
    ['503', { status: 503 }, 'provider_unavailable', 503],
    ['429', { status: 429 }, 'provider_rate_limited', 503],
    ['a reset', { fault: 'reset' }, 'provider_unavailable', 503],
    ['200 with HTML', { body: '<html>' }, 'provider_bad_response', 502],
  ])('%s: the flow fails with its code', async (_, answer, code, status) => {
    await using harness = await startHarness();
    harness.stub.answer('/token', answer);
    const { flow, page } = await harness.connect();
    expect(flow).toMatchObject({ status: 'failed', connections: [], error: { code, status, provider: 'acme' } });
    expect(page.status).toBe(status);
    expect(page.body).toContain(`<code>${code}</code>`);
    expect(harness.stub.requestsTo('/token')).toHaveLength(1);
    expect(harness.stub.requestsTo('/me')).toEqual([]);
    if (code === 'redirect_uri_mismatch') {
      expect(page.body).toContain(`${harness.publicUrl}/integrations/social/acme`);
    }
  });

  it('an account without an id connects nothing, and the tokens are revoked', async () => {
    await using harness = await startHarness({ config: { engine: 'embedded' } });
    harness.stub.answer('/me', { body: { name: 'Nobody' } });
    const { flow } = await harness.connect();
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'provider_bad_response' } });
    harness.clock.advance(60_000);
    await expect.poll(() => harness.stub.requestsTo('/revoke').length, { timeout: 5000 }).toBe(2);
  });

  it('a profile that stumbles is asked again, for the tokens are there already', async () => {
    await using harness = await startHarness();
    harness.stub.answerOnce('/me', { status: 503 });
    const { flow } = await harness.connect();
    expect(flow.status).toBe('connected');
    expect(harness.stub.requestsTo('/token')).toHaveLength(1);
  });

  itKeepsSecrets();
});

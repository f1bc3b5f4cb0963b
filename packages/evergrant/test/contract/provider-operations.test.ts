import { describe, expect, it } from 'vitest';
import { eventually, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

/** The person says yes at the platform and comes back to the application's own page. */
const consent = async (harness: Harness, input: object = {}, given: Record<string, string> = {}) => {
  const acme = harness.evergrant.provider('acme');
  const { url, state } = await acme.generateAuthUrl({ owner: 'owner-1', ...input });
  harness.canaries.add('state', state);
  return { acme, url, state, callback: harness.stub.consent(url, given) };
};

describe('generateAuthUrl', () => {
  it('gives the address at the platform and a state, and keeps the verifier', async () => {
    await using harness = await startHarness({ memory: true });
    const { url, state } = await consent(harness, { scopes: ['read'] });
    const asked = new URL(url);
    expect(asked.origin + asked.pathname).toBe(`${harness.stub.origin}/authorize`);
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      response_type: 'code',
      client_id: harness.stub.client.id,
      redirect_uri: `${harness.publicUrl}/integrations/social/acme`,
      scope: 'read',
      state,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(state).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    [{ scopes: ['admin'] }, 'scope_not_allowed'],
    [{ refresh: 'conn_unknown' }, 'connection_not_found'],
  ])('refuses %j', async (input, code) => {
    await using harness = await startHarness({ memory: true });
    await expect(harness.evergrant.provider('acme').generateAuthUrl({ owner: 'o', ...input })).rejects.toMatchObject({
      code,
    });
  });

  it('knows which providers there are', async () => {
    await using harness = await startHarness({ memory: true });
    expect(() => harness.evergrant.provider('nowhere')).toThrow(expect.objectContaining({ code: 'provider_unknown' }));
    const linkedin = harness.evergrant.provider('linkedin');
    await expect(linkedin.generateAuthUrl({ owner: 'o' })).rejects.toMatchObject({ code: 'provider_not_configured' });
    const mastodon = harness.evergrant.provider('mastodon');
    await expect(mastodon.generateAuthUrl({ owner: 'o' })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('authenticate', () => {
  it('exchanges the code, says who it is, and connects', async () => {
    await using harness = await startHarness();
    const { acme, state, callback } = await consent(harness, { metadata: { plan: 'pro' } });
    const details = await acme.authenticate({ state, callback });
    expect(details).toEqual({
      id: 'alice',
      name: 'Alice Adams',
      username: 'alice',
      picture: null,
      accessToken: expect.stringMatching(/^at_/),
      expiresIn: 3569,
      connection: expect.objectContaining({ owner: 'owner-1', status: 'active', metadata: { plan: 'pro' } }),
    });
    expect((await harness.token(details.connection.id)).data.access_token).toBe(details.accessToken);
    await expect(acme.authenticate({ state, callback })).rejects.toMatchObject({ code: 'flow_already_used' });
  });

  it('takes the code alone too', async () => {
    await using harness = await startHarness({ memory: true });
    const { acme, state, callback } = await consent(harness);
    const code = new URL(callback).searchParams.get('code')!;
    expect(await acme.authenticate({ state, code })).toMatchObject({ id: 'alice' });
  });

  it('refuses an answer that belongs to another session, and spends nothing', async () => {
    await using harness = await startHarness({ memory: true });
    const mine = await consent(harness);
    const theirs = await consent(harness, {}, { account: 'bob' });
    for (const state of [mine.state, 'guessed']) {
      await expect(mine.acme.authenticate({ state, callback: theirs.callback })).rejects.toMatchObject({
        code: 'flow_browser_mismatch',
      });
    }
    expect(harness.stub.requestsTo('/token')).toEqual([]);
    expect(await theirs.acme.authenticate(theirs)).toMatchObject({ id: 'bob' });
  });

  it('is not finished by a browser on the hosted callback', async () => {
    await using harness = await startHarness({ memory: true });
    const { acme, state, callback } = await consent(harness);
    expect((await harness.browser().get(callback)).status).toBe(403);
    expect(await acme.authenticate({ state, callback })).toMatchObject({ id: 'alice' });
  });

  it('says why it failed', async () => {
    await using harness = await startHarness({ memory: true });
    const denied = await consent(harness);
    const callback = new URL(denied.callback);
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    await expect(denied.acme.authenticate({ ...denied, callback })).rejects.toMatchObject({ code: 'consent_denied' });
    const { acme, state } = await consent(harness);
    await expect(acme.authenticate({ state, code: 'wrong' })).rejects.toMatchObject({ code: 'code_rejected' });
  });

  it.each([
    [true, 'consent_denied', 'failed'],
    [false, 'callback_malformed', 'pending'],
  ])(
    'takes a refusal without a state for the session’s where the platform sends such: %s',
    async (is, code, status) => {
      await using harness = await startHarness({
        memory: true,
        acme: () => ({ definition: { protocol: { refusesWithoutState: is } } }),
      });
      const { acme, state } = await consent(harness);
      const callback = new URLSearchParams({ error: 'access_denied' });
      await expect(acme.authenticate({ state, callback })).rejects.toMatchObject({ code });
      expect([...callback.keys()]).toEqual(['error']);
      const events = await harness.evergrant.listAllEvents({ types: ['flow.failed'] });
      expect(events.data).toHaveLength(status === 'failed' ? 1 : 0);
    },
  );

  it.each(['generateAuthUrl', 'authenticate'] as const)(
    'with refresh at %s renews a connection only',
    async (where) => {
      await using harness = await startHarness({ memory: true });
      const first = await consent(harness);
      const { connection } = await first.acme.authenticate(first);
      const refresh = connection.id;
      const again = async (account: string) => {
        const begun = await consent(harness, where === 'generateAuthUrl' ? { refresh } : {}, { account });
        return begun.acme.authenticate({ ...begun, ...(where === 'authenticate' ? { refresh } : {}) });
      };
      await expect(again('bob')).rejects.toMatchObject({ code: 'account_mismatch' });
      expect((await again('alice')).connection.id).toBe(refresh);
      expect((await harness.evergrant.listConnections()).data).toHaveLength(1);
    },
  );

  it('does not let an answer reconnect what belongs to somebody else', async () => {
    await using harness = await startHarness({ memory: true });
    const first = await consent(harness);
    const { connection } = await first.acme.authenticate(first);
    const other = await consent(harness, { owner: 'owner-2' });
    const refresh = connection.id;
    await expect(other.acme.authenticate({ ...other, refresh })).rejects.toMatchObject({
      code: 'connection_not_found',
    });
    expect(harness.stub.requestsTo('/token')).toHaveLength(1);
  });

  it('asks which account where there are several', async () => {
    await using harness = await startHarness({
      memory: true,
      acme: ({ origin }) => ({
        definition: { accounts: { get: `${origin}/pages`, items: 'data', map: { id: 'id' }, type: 'page' } },
      }),
    });
    harness.stub.answer('/pages', { body: { data: [{ id: 'p1' }, { id: 'p2' }] } });
    const begun = await consent(harness);
    const error = await begun.acme.authenticate(begun).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'account_selection_required',
      extensions: { accounts: [{ id: 'p1' }, { id: 'p2' }], flow_id: expect.stringMatching(/^flow_/) },
    });
    const { flow_id } = (error as { extensions: { flow_id: string } }).extensions;
    const { connections } = await harness.evergrant.chooseAccounts(flow_id, ['p2']);
    expect(connections).toMatchObject([{ account: { id: 'p2' } }]);
  });
});

describe('refreshToken', () => {
  it('renews, and brings the profile up to date', async () => {
    await using harness = await startHarness();
    const begun = await consent(harness);
    const before = await begun.acme.authenticate(begun);
    harness.stub.accounts.set('alice', { id: 'alice', name: 'Alice Baker', username: 'alice' });
    const after = await begun.acme.refreshToken(before.connection.id);
    expect(after).toMatchObject({ id: 'alice', name: 'Alice Baker', connection: { token: { generation: 2 } } });
    expect(after.accessToken).not.toBe(before.accessToken);
    expect((await harness.events(before.connection.id)).map(({ type }) => type)).toEqual([
      'connection.updated',
      'connection.refreshed',
      'connection.created',
    ]);
  });

  it.each([{ status: 500 }, { fault: 'reset' as const }, { body: 'no JSON' }, { body: { id: 'bob' } }])(
    'does not fail with the profile: %j',
    async (answer) => {
      await using harness = await startHarness({ memory: true });
      const begun = await consent(harness);
      const { connection } = await begun.acme.authenticate(begun);
      harness.stub.answer('/me', answer);
      const after = await begun.acme.refreshToken(connection.id);
      expect(after).toMatchObject({ name: 'Alice Adams', connection: { status: 'active', token: { generation: 2 } } });
    },
  );

  it('says who must act when it fails, and knows its own connections only', async () => {
    await using harness = await startHarness({ memory: true, providers: ['other'] });
    const begun = await consent(harness);
    const { connection } = await begun.acme.authenticate(begun);
    await expect(harness.evergrant.provider('other').refreshToken(connection.id)).rejects.toMatchObject({
      code: 'connection_not_found',
    });
    harness.stub.withdraw();
    await expect(begun.acme.refreshToken(connection.id)).rejects.toMatchObject({
      code: 'reauth_required',
      reconnectUrl: expect.stringContaining('/reconnect/'),
    });
  });
});

describe('checkScopes', () => {
  it.each([
    [['read', 'write'], 'write read'],
    [['read'], ['read', 'more']],
    [['read'], ''],
    [['read'], undefined],
  ])('takes %j where %j was granted', async (required, granted) => {
    await using harness = await startHarness({ memory: true });
    expect(harness.evergrant.provider('acme').checkScopes(required, granted)).toBe(true);
  });

  it('throws what is missing', async () => {
    await using harness = await startHarness({
      memory: true,
      acme: () => ({ definition: { scopes: { reported: 'comma', facts: { write: { implies: ['read'] } } } } }),
    });
    const acme = harness.evergrant.provider('acme');
    expect(acme.checkScopes(['read', 'write'], 'write,other')).toBe(true);
    expect(() => acme.checkScopes(['read', 'write'], 'read,other')).toThrow(
      expect.objectContaining({ code: 'scope_insufficient', extensions: { missing: ['write'] } }),
    );
  });
});

describe('handleErrors', () => {
  it('says what to do about an answer, in words for people', async () => {
    await using harness = await startHarness({
      memory: true,
      acme: () => ({
        definition: { handleErrors: [{ code: 'too_long', is: 'bad-body', message: 'The text is too long.' }] },
      }),
    });
    const acme = harness.evergrant.provider('acme');
    expect(acme.handleErrors({ error: 'too_long' })).toEqual({ type: 'bad-body', value: 'The text is too long.' });
    expect(acme.handleErrors('{"error":"too_long"}')).toEqual({ type: 'bad-body', value: 'The text is too long.' });
    for (const [body, answer, type] of [
      ['', { status: 401 }, 'refresh-token'],
      ['', { status: 429, headers: new Headers({ 'retry-after': '3' }) }, 'rate-limit'],
      ['<html>', { status: 503 }, 'retry'],
      [{ error: 'invalid_grant' }, { phase: 'refresh' }, 'reconnect'],
      [{ error: 'invalid_client' }, { phase: 'refresh' }, 'app-misconfigured'],
    ] as const) {
      expect(acme.handleErrors(body, answer)).toEqual({ type, value: expect.stringMatching(/^[A-Z].*\.$/) });
    }
    expect(acme.handleErrors({ error: 'whatever' })).toBeUndefined();
    expect(acme.handleErrors({ ok: true }, { status: 200 })).toBeUndefined();
  });
});

describe('traits', () => {
  it('stand under their names', async () => {
    await using harness = await startHarness({
      memory: true,
      acme: () => ({ definition: { maxConcurrentJob: 1, refreshWait: 10 } }),
      providers: ['never'],
      config: { providers: { never: { definition: { refresh: { rotates: 'never', reuseRevokes: undefined } } } } },
    });
    const provider = (id: string) => harness.evergrant.provider(id);
    expect(provider('acme')).toMatchObject({
      id: 'acme',
      name: 'Acme',
      scopes: ['read', 'write'],
      maxConcurrentJob: 1,
      oneTimeToken: true,
      refreshWait: 10,
    });
    expect(provider('never')).toMatchObject({ maxConcurrentJob: null, oneTimeToken: false, refreshWait: 0 });
    expect(provider('linkedin').scopes).toEqual(['openid', 'profile', 'w_member_social']);
  });
});

describe('refreshWait', () => {
  it('keeps a fresh token from everybody until the platform takes it', async () => {
    await using harness = await startHarness({ memory: true, acme: () => ({ definition: { refreshWait: 10 } }) });
    const { stub, clock, evergrant } = harness;
    const asked: number[] = [];
    stub.answer('/me', (received) => {
      asked.push(clock.now());
      return stub.behave(received);
    });
    const afterTokenRequest = async <T>(count: number, work: Promise<T>): Promise<T> => {
      await eventually('a token request', () => stub.requestsTo('/token').length === count);
      const issued = clock.now();
      // Whoever does not wait is done before time is moved.
      expect(await Promise.race([work, settled()])).toBe('waits');
      clock.advance(10_000);
      const result = await work;
      expect(clock.now() - issued).toBeGreaterThanOrEqual(10_000);
      return result;
    };
    const begun = await consent(harness);
    const before = clock.now();
    const { connection } = await afterTokenRequest(1, begun.acme.authenticate(begun));
    expect(asked[0]! - before).toBeGreaterThanOrEqual(10_000);
    expect(await evergrant.getAccessToken(connection.id)).toMatchObject({ generation: 1 });

    const renewed = await afterTokenRequest(2, evergrant.reportRejected(connection.id, 1));
    expect(renewed.generation).toBe(2);
  });
});

/** Long enough for a flow on loopback to end. */
const settled = () => new Promise((resolve) => setTimeout(() => resolve('waits'), 500));

itKeepsSecrets();

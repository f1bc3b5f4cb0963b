import { describe, expect, it } from 'vitest';
import { type Egress, type EgressRequest, TransportError } from '../../egress/types.ts';
import { defineProvider, type OAuth1Protocol, oauth1 } from '../../providers/define.ts';
import { Secret } from '../../telemetry/secret.ts';
import type { App, ExchangeInput, RawAnswer } from '../types.ts';
import { createOAuth1 } from './index.ts';

const requestToken = 'oauth_token=rt&oauth_token_secret=rs&oauth_callback_confirmed=true';

/** A platform that answers the same to everything. */
const setUp = ({
  protocol = {},
  app = {},
  answer = { status: 200, headers: {}, body: requestToken },
}: {
  protocol?: Partial<OAuth1Protocol>;
  app?: Partial<App<OAuth1Protocol>>;
  answer?: RawAnswer | TransportError;
} = {}) => {
  const sent: EgressRequest[] = [];
  const egress: Egress = {
    async send(request) {
      sent.push(request);
      if (answer instanceof TransportError) throw answer;
      return answer;
    },
    close: async () => {},
  };
  const definition = defineProvider({
    id: 'acme',
    name: 'Acme',
    protocol: oauth1({
      requestTokenEndpoint: 'https://{host}/request?fixed=1',
      authorizationEndpoint: 'https://acme.example/authorize',
      accessTokenEndpoint: 'https://acme.example/access',
      ...protocol,
    }),
    scopes: { required: [] },
    profile: { get: 'https://acme.example/me', map: { id: 'id' } },
    api: { baseUrl: 'https://acme.example' },
    options: { host: 'acme.example' },
  });
  const whole: App<OAuth1Protocol> = {
    provider: 'acme',
    clientId: 'client',
    clientSecret: new Secret('client-secret'),
    definition,
    scopes: [],
    origins: {},
    trustedOrigins: new Set(),
    redirectUri: 'https://app.example/integrations/social/acme',
    variables: { host: 'acme.example' },
    ...app,
  };
  const spoken = createOAuth1(egress, {
    clock: { now: () => 1_700_000_000_900, monotonic: () => 0, after: () => () => {} },
  });
  const { redirectUri } = whole;
  return {
    app: whole,
    protocol: spoken,
    sent,
    authorize: () =>
      spoken.authorize(whole, { state: 's', scopes: ['ignored'], redirectUri, reconnect: false, instance: null }),
    input: (parameters: Record<string, string>): ExchangeInput => ({
      parameters: new URLSearchParams(parameters),
      state: 's',
      secrets: { requestToken: { token: 'rt', secret: 'rs' } },
      redirectUri,
    }),
  };
};

const inHeader = ({ headers }: EgressRequest): Record<string, string> =>
  Object.fromEntries(
    [...(headers?.['authorization'] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      decodeURIComponent(value),
    ]),
  );

describe('the request token', () => {
  it('is asked for in the header, with the callback, and leads to the authorization page', async () => {
    const { authorize, sent } = setUp({
      protocol: {
        authorizationParameters: { force_login: 'true', oauth_token: 'mine' },
        headers: { 'X-Own': '{host}' },
      },
    });
    expect(await authorize()).toEqual({
      url: 'https://acme.example/authorize?force_login=true&oauth_token=rt',
      handle: 'rt',
      secrets: { requestToken: { token: 'rt', secret: 'rs' } },
    });
    expect(sent).toMatchObject([
      { method: 'POST', url: 'https://acme.example/request?fixed=1', body: '', headers: { 'x-own': 'acme.example' } },
    ]);
    expect(inHeader(sent[0]!)).toMatchObject({
      oauth_callback: 'https://app.example/integrations/social/acme',
      oauth_consumer_key: 'client',
      oauth_timestamp: '1700000000',
      oauth_nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
      oauth_version: '1.0',
    });
  });

  it('has a new nonce each time', async () => {
    const { authorize, sent } = setUp();
    for (let count = 0; count < 20; count++) await authorize();
    expect(new Set(sent.map((request) => inHeader(request)['oauth_nonce'])).size).toBe(20);
  });

  it('is not asked for without a client secret', async () => {
    const { authorize, sent } = setUp({ app: { clientSecret: null } });
    await expect(authorize()).rejects.toMatchObject({ code: 'provider_app_credentials_invalid' });
    expect(sent).toEqual([]);
  });

  it.each<[string, RawAnswer | TransportError, string]>([
    ['no answer', new TransportError('unknown', 'gone', true), 'provider_timeout'],
    ['a broken connection', new TransportError('not_sent', 'gone'), 'provider_unavailable'],
    ['a redirect', { status: 302, headers: {}, body: requestToken }, 'provider_bad_response'],
    [
      'no secret',
      { status: 200, headers: {}, body: 'oauth_token=rt&oauth_callback_confirmed=true' },
      'provider_bad_response',
    ],
    [
      'no confirmation',
      { status: 200, headers: {}, body: 'oauth_token=rt&oauth_token_secret=rs' },
      'provider_bad_response',
    ],
    ['401', { status: 401, headers: {}, body: 'oauth_consumer_key required' }, 'provider_app_credentials_invalid'],
    ['429', { status: 429, headers: {}, body: '' }, 'provider_rate_limited'],
  ])('that does not come: %s', async (_, answer, code) => {
    await expect(setUp({ answer }).authorize()).rejects.toMatchObject({ code });
  });
});

describe('the callback', () => {
  it.each<[string, Partial<OAuth1Protocol>, Record<string, string>, string | null]>([
    ['is whole', {}, { oauth_token: 'rt', oauth_verifier: 'v' }, null],
    ['has the token of another flow', {}, { oauth_token: 'other', oauth_verifier: 'v' }, 'callback_malformed'],
    ['has no token', {}, { oauth_verifier: 'v' }, 'callback_malformed'],
    ['has no verifier', {}, { oauth_token: 'rt' }, 'callback_malformed'],
    ['has no verifier, which refuses', { refusesWithoutVerifier: true }, { oauth_token: 'rt' }, 'consent_denied'],
    ['refuses with the token', { deniedParameter: 'denied' }, { denied: 'rt' }, 'consent_denied'],
    ['refuses with a flag', { deniedParameter: 'denied' }, { oauth_token: 'rt', denied: '1' }, 'consent_denied'],
    ['refuses for another flow', { deniedParameter: 'denied' }, { denied: 'other' }, 'callback_malformed'],
    ['refuses in words that nobody declared', {}, { denied: 'rt' }, 'callback_malformed'],
    ['refuses as OAuth 2.0 does', {}, { oauth_token: 'rt', error: 'access_denied' }, 'consent_denied'],
  ])('that %s', async (_, declared, parameters, code) => {
    const { protocol, app, input, sent } = setUp({ protocol: declared });
    const checked = protocol.checkCallback(app, input(parameters));
    if (code === null) await checked;
    else await expect(checked).rejects.toMatchObject({ code });
    expect(sent).toEqual([]);
  });

  it.each(['header', 'body'] as const)('hands its verifier on in the %s', async (verifierIn) => {
    const { protocol, app, input, sent } = setUp({ protocol: { verifierIn } });
    await protocol.sendExchange(app, input({ oauth_token: 'rt', oauth_verifier: 'v&1' }));
    const [request] = sent;
    expect(inHeader(request!)['oauth_token']).toBe('rt');
    expect([inHeader(request!)['oauth_verifier'], request?.body]).toEqual(
      verifierIn === 'header' ? ['v&1', ''] : [undefined, 'oauth_verifier=v%261'],
    );
  });
});

describe('the token answer', () => {
  const read = (answer: Partial<RawAnswer>) => {
    const { protocol, app } = setUp({ protocol: { keep: { user: 'user_id', gone: 'missing' } } });
    return protocol.read(app, 'exchange', { status: 200, headers: {}, body: '', ...answer });
  };

  it('is a form, whatever it is called', async () => {
    const body = 'oauth_token=at%2B1&oauth_token_secret=s&user_id=9007199254740993\n';
    const verdict = await read({ headers: { 'content-type': 'text/html;charset=utf-8' }, body });
    expect(verdict).toEqual({
      kind: 'tokens',
      tokens: {
        accessToken: 'at+1',
        refreshToken: null,
        tokenType: 'oauth1',
        expiresIn: null,
        refreshExpiresIn: null,
        scopes: [],
        extra: { user: '9007199254740993', oauth_token_secret: 's' },
        subject: null,
      },
    });
  });

  it('cannot replace the secret by a fact of that name', async () => {
    const { protocol, app } = setUp({ protocol: { keep: { oauth_token_secret: 'user_id' } } });
    const body = 'oauth_token=at&oauth_token_secret=s&user_id=1';
    const verdict = await protocol.read(app, 'exchange', { status: 200, headers: {}, body });
    expect(verdict).toMatchObject({ tokens: { extra: { oauth_token_secret: 's' } } });
  });

  it.each<[string, Partial<RawAnswer>, string]>([
    ['half a pair', { body: 'oauth_token=at' }, 'ambiguous'],
    ['an empty secret', { body: 'oauth_token=at&oauth_token_secret=' }, 'ambiguous'],
    ['a page', { body: '<html>Please sign in</html>' }, 'ambiguous'],
    ['a redirect', { status: 302, body: 'oauth_token=at&oauth_token_secret=s' }, 'ambiguous'],
    ['a fault', { status: 500 }, 'ambiguous'],
    ['a pause', { status: 503 }, 'not_processed'],
    ['401 without a word', { status: 401, body: 'no' }, 'misconfigured'],
  ])('that is %s brings no token', async (_, answer, kind) => {
    expect(await read(answer)).toMatchObject({ kind });
  });
});

describe('a grant', () => {
  it('is never renewed', async () => {
    const { protocol, app, sent } = setUp();
    const input = { refreshToken: null, accessToken: 'at', scopes: [], extra: {} };
    await expect(protocol.sendRenewal(app, input, () => {})).rejects.toMatchObject({
      code: 'token_expired_not_renewable',
    });
    expect(sent).toEqual([]);
  });

  it('that lost its secret signs nothing', async () => {
    const { protocol, app } = setUp();
    const request = { method: 'GET', url: 'https://acme.example/me' };
    await expect(protocol.sign(app, { accessToken: 'at', extra: {} }, request)).rejects.toMatchObject({
      code: 'reauth_required',
    });
  });
});

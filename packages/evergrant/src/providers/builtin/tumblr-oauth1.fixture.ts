import type { ProviderFixture } from '../fixture.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

const envelope = (status: number, msg: string, ...errors: object[]) => ({
  meta: { status, msg },
  response: [],
  ...(errors.length > 0 ? { errors } : {}),
});

/** From tumblr/docs and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'tumblr-oauth1',
  requestToken: {
    status: 200,
    headers: form,
    body: 'oauth_token=SAMPLE_REQUEST_TOKEN&oauth_token_secret=SAMPLE_REQUEST_SECRET&oauth_callback_confirmed=true',
  },
  callback: { denied: { oauth_token: 'SAMPLE_REQUEST_TOKEN' } },
  requests: {
    requestToken: {
      url: 'https://www.tumblr.com/oauth/request_token',
      headers: { authorization: 'OAuth {signature}' },
    },
    authorize: { url: 'https://www.tumblr.com/oauth/authorize', query: { oauth_token: 'SAMPLE_REQUEST_TOKEN' } },
    exchange: { url: 'https://www.tumblr.com/oauth/access_token', headers: { authorization: 'OAuth {signature}' } },
    profile: {
      method: 'GET',
      url: 'https://api.tumblr.com/v2/user/info',
      headers: { authorization: 'OAuth {signature}' },
    },
  },
  exchange: { status: 200, headers: form, body: 'oauth_token=SAMPLE_AT&oauth_token_secret=SAMPLE_SECRET' },
  expected: { expiresIn: null, scopes: [], refreshToken: false },
  variants: [
    {
      note: 'called HTML, with a line break at its end',
      exchange: {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: 'oauth_token=SAMPLE_AT&oauth_token_secret=SAMPLE_SECRET\n',
      },
      expected: { expiresIn: null, scopes: [], refreshToken: false },
    },
  ],
  get: {
    'https://api.tumblr.com/v2/user/info': {
      meta: { status: 200, msg: 'OK' },
      response: {
        user: {
          name: 'exampleblog',
          likes: 1,
          following: 1,
          default_post_format: 'html',
          blogs: [
            {
              name: 'exampleblog',
              title: 'Example',
              url: 'https://exampleblog.tumblr.com/',
              uuid: 't:0aY0xL2Fi1OFJg4YxpmegQ',
              primary: true,
              followers: 3,
              tweet: 'N',
              type: 'public',
            },
            {
              name: 'examplephotos',
              title: '',
              url: 'https://examplephotos.tumblr.com/',
              uuid: 't:7bQ2kM9Rw3PLsX5ZtVnoYA',
              primary: false,
              followers: 1,
              tweet: 'N',
              type: 'public',
            },
          ],
        },
      },
    },
  },
  accounts: [
    {
      id: 't:0aY0xL2Fi1OFJg4YxpmegQ',
      type: 'blog',
      name: 'Example',
      username: 'exampleblog',
      picture: 'https://api.tumblr.com/v2/blog/exampleblog.tumblr.com/avatar/128',
      url: 'https://exampleblog.tumblr.com/',
      ownToken: false,
    },
    {
      id: 't:7bQ2kM9Rw3PLsX5ZtVnoYA',
      type: 'blog',
      name: 'examplephotos',
      username: 'examplephotos',
      picture: 'https://api.tumblr.com/v2/blog/examplephotos.tumblr.com/avatar/128',
      url: 'https://examplephotos.tumblr.com/',
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'request',
      status: 401,
      body: 'oauth_consumer_key required',
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      message: 'consumer key or secret',
      note: 'missing or unknown key, wrong secret, clock or signature',
    },
    {
      phase: 'exchange',
      status: 401,
      body: envelope(401, 'Unauthorized'),
      is: 'reconnect',
      error: 'code_rejected',
      note: 'plain text or envelope; unconfirmed',
    },
    {
      phase: 'api',
      status: 401,
      body: envelope(401, 'Unauthorized', { title: 'Unauthorized', code: 1016, detail: 'Unable to authorize' }),
      is: 'reconnect',
    },
    {
      phase: 'api',
      status: 403,
      body: envelope(403, 'Forbidden', { title: 'Forbidden', code: 0, detail: '...' }),
      is: 'bad-body',
      note: 'no right on that blog, or the day’s limit of posts',
    },
    {
      phase: 'api',
      status: 403,
      body: envelope(403, 'Forbidden'),
      is: 'missing-scope',
      note: 'body unconfirmed',
    },
    {
      phase: 'api',
      status: 404,
      body: envelope(404, 'Not Found', { title: 'Not Found', code: 0, detail: '...' }),
      is: 'bad-body',
    },
    {
      phase: 'api',
      status: 429,
      body: envelope(429, 'Limit Exceeded', { title: 'Limit Exceeded', code: 0, detail: '...' }),
      headers: { 'x-ratelimit-perhour-remaining': '0', 'x-ratelimit-perhour-reset': '1200' },
      is: 'rate-limit',
    },
    { phase: 'api', status: 503, body: envelope(503, 'Service Unavailable'), is: 'retry' },
  ],
} satisfies ProviderFixture;

import { days, defineProvider } from '../define.ts';

export default defineProvider({
  id: 'bluesky',
  name: 'Bluesky',
  protocol: {
    kind: 'atproto',
    plcUrl: '{plcUrl}',
    handleResolver: '{handleResolver}',
    // The token endpoint speaks RFC 6749, the API of an account's server XRPC.
    errors: { code: 'error', description: ['error_description', 'message'] },
  },
  // An empty resolver: handles are looked up in DNS and at their own host.
  options: { plcUrl: 'https://plc.directory', handleResolver: '' },
  instance: { label: 'Your handle', placeholder: 'ann.bsky.social', isAccount: true },
  scopes: {
    required: ['atproto', 'transition:generic'],
    optional: ['transition:email', 'transition:chat.bsky'],
    facts: {
      atproto: { permits: 'Know which account it is; no sign-in without it' },
      'transition:generic': { permits: 'Post, upload, follow and change settings, as with an app password' },
      'transition:email': { permits: 'Read the e-mail address of the account' },
      'transition:chat.bsky': { permits: 'Read and write direct messages' },
    },
  },
  // A second use answers "Refresh token replayed" and ends the session. Three months is a confidential client's (https);
  // the client for development on localhost loses every session two weeks after the sign-in.
  refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0, lifetime: { sliding: days(90) } },
  profile: {
    // The profile is public. The token is for the account's own server alone, so none is sent.
    public: true,
    get: 'https://public.api.bsky.app/xrpc/app.bsky.actor.getProfile?actor={extra.did}',
    map: ({ did, handle, displayName, avatar }) => ({
      id: did,
      name: displayName || usable(handle),
      username: usable(handle),
      picture: avatar ?? null,
      url: `https://bsky.app/profile/${did}`,
    }),
    // An account of the network need not have a profile at Bluesky ("Profile not found").
    otherwise: {
      map: ({ did, handle }) => ({
        id: did,
        name: handle,
        username: handle,
        url: `https://bsky.app/profile/${did}`,
      }),
    },
  },
  // Each account has its own server, which also forwards to Bluesky's services.
  api: { baseUrl: '{extra.pds}/xrpc', rateLimitReset: { header: 'ratelimit-reset', unit: 'unix-seconds' } },
  handleErrors: [
    // Pushed requests. The server reads what this service publishes about itself, and refuses what it cannot read.
    {
      phase: 'authorize',
      code: 'invalid_client_metadata',
      is: 'app-misconfigured',
      message: 'The server cannot read the client document of this service: PUBLIC_URL must be reachable from outside.',
    },
    {
      phase: 'exchange',
      code: 'invalid_grant',
      description: /redirect_uri/i,
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    { phase: 'refresh', code: 'invalid_grant', description: /replayed/i, is: 'reconnect', reason: 'lost_rotation' },
    { phase: 'refresh', code: 'invalid_grant', description: /expired/i, is: 'reconnect', reason: 'expired' },
    { phase: 'refresh', code: 'invalid_client_metadata', is: 'app-misconfigured' },
    { phase: 'api', code: 'use_dpop_nonce', is: 'retry', error: 'dpop_rejected' },
    { phase: 'api', code: 'invalid_dpop_proof', is: 'retry', error: 'dpop_rejected' },
    // The shape that sessions of app passwords have; treated alike, should it come.
    { phase: 'api', status: 400, code: 'ExpiredToken', is: 'refresh-token' },
    { phase: 'api', code: 'ScopeMissingError', is: 'missing-scope' },
    {
      phase: 'api',
      code: 'AccountTakedown',
      is: 'reconnect',
      message: 'The account was suspended by its server.',
    },
    {
      phase: 'api',
      code: 'AccountDeactivated',
      is: 'reconnect',
      message: 'The account is deactivated, or has moved to another server.',
    },
    { phase: 'api', status: 400, is: 'bad-body' },
  ],
  revocationEnds: 'token',
  setup: {
    console: 'https://atproto.com/specs/oauth',
    steps: [
      'There is nothing to register, and no client id or secret to set.',
      'Set PUBLIC_URL to the https address at which this service is reached from the Internet: servers fetch the client document and the keys that it publishes there.',
      'For trying out, http://localhost is enough. Sessions then end two weeks after the sign-in.',
    ],
    redirectUri:
      'Published in the client document. On localhost it becomes http://127.0.0.1, which the profile demands.',
    review: 'None.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'atproto.com/specs/oauth, /permission, /handle, /did (bluesky-social/atproto-website)',
      'bluesky-social/bsky-docs: docs/advanced-guides/oauth-client.md, rate-limits',
      'bluesky-social/atproto: packages/oauth/oauth-provider, oauth-client; lexicon app.bsky.actor.getProfile',
      'npm @atproto/pds 0.5.35, driven by the tests',
    ],
    unconfirmed: [
      'The text of a denied callback; the code access_denied is confirmed',
      'ExpiredToken, ScopeMissingError, AccountTakedown and AccountDeactivated at the API',
      'Which servers know permission sets beside the transition scopes',
    ],
  },
});

/** What the platform shows where a handle does not lead back to its account. */
const usable = (handle: unknown): string | null =>
  typeof handle === 'string' && handle !== 'handle.invalid' ? handle : null;

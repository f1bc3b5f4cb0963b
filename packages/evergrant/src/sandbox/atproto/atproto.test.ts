import { hash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newKey, publicKeyOf, signJwt } from '../../protocols/atproto/jwt.ts';
import blueskyFixture from '../../providers/builtin/bluesky.fixture.ts';
import bluesky from '../../providers/builtin/bluesky.ts';
import { createTestClock, startSandbox } from '../test-client.ts';
import type { SandboxOptions } from '../types.ts';

const issuer = 'https://bsky.social';
const redirectUri = 'http://127.0.0.1:4321/callback';
const clientId = `http://localhost?redirect_uri=${encodeURIComponent(redirectUri)}&scope=${encodeURIComponent('atproto transition:generic')}`;
const verifier = 'v'.repeat(43);
const challenge = hash('sha256', verifier, 'base64url');

/** A network with a plain client in front of it: what a specification says, and none of Evergrant's code but its signer. */
const setUp = async (options: Partial<SandboxOptions> = {}) => {
  const clock = createTestClock();
  const platforms = [{ definition: bluesky, fixture: blueskyFixture }];
  const { sandbox, close } = await startSandbox({ platforms, clock, ...options });
  onTestFinished(close);
  const origins = sandbox.origins('bluesky');
  const here = (url: string) => url.replace(/^https:\/\/[^/]+/, (origin) => origins[origin]!);
  const get = (url: string, headers: Record<string, string> = {}) => fetch(here(url), { headers });
  let key = newKey();
  let nonce = '';
  let id = 0;

  const proofOf = (url: string, changes: object = {}, method = 'POST') => {
    const claims = { htm: method, htu: url.split('?')[0], ...(nonce ? { nonce } : {}), ...changes };
    return signJwt(key, { typ: 'dpop+jwt', jwk: publicKeyOf(key) }, claims, clock.now());
  };
  const send = async (path: string, parameters: Record<string, string>, dpop?: string | null) => {
    const url = `${issuer}/oauth/${path}`;
    const headers: Record<string, string> = dpop === null ? {} : { dpop: dpop ?? proofOf(url) };
    const answer = await fetch(here(url), { method: 'POST', headers, body: new URLSearchParams(parameters) });
    return {
      status: answer.status,
      nonce: answer.headers.get('dpop-nonce'),
      body: (await answer.json()) as Record<string, string>,
    };
  };
  /** With the nonce that the server wants. */
  const post = async (path: string, parameters: Record<string, string>) => {
    const first = await send(path, { client_id: clientId, ...parameters });
    if (first.body['error'] !== 'use_dpop_nonce') return first;
    nonce = first.nonce!;
    return send(path, { client_id: clientId, ...parameters });
  };
  const push = (changes: Record<string, string> = {}) =>
    post('par', {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'atproto transition:generic',
      state: `state${++id}`,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...changes,
    });
  const addressOf = (requestUri: string) =>
    `${here(`${issuer}/oauth/authorize`)}?${new URLSearchParams({ client_id: clientId, request_uri: requestUri }).toString()}`;
  const codeOf = async (changes?: Record<string, string>) => {
    const { body } = await push(changes);
    const callback = new URL(await sandbox.consent(addressOf(body['request_uri']!)));
    expect(callback.searchParams.get('iss')).toBe(issuer);
    return callback.searchParams.get('code')!;
  };
  const exchange = (code: string, changes: Record<string, string> = {}) =>
    post('token', {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      ...changes,
    });
  const renew = (token: string) => post('token', { grant_type: 'refresh_token', refresh_token: token });
  return {
    clock,
    sandbox,
    here,
    get,
    send,
    post,
    push,
    addressOf,
    codeOf,
    exchange,
    renew,
    proofOf,
    setNonce: (value: string) => (nonce = value),
    /** From now on somebody else sends the requests. */
    changeKey: () => (key = newKey()),
  };
};

describe('the simulated network of AT Protocol', () => {
  it('knows everybody under its domain, both ways, and nobody else', async () => {
    const { get, sandbox } = await setUp();
    const resolve = async (handle: string) =>
      (await get(`https://bsky.social/xrpc/com.atproto.identity.resolveHandle?handle=${handle}`)).json() as Promise<{
        did?: string;
      }>;
    const own = await resolve('alice.example.com');
    expect(own.did).toBe('did:plc:abc123');
    for (const handle of [
      'alice.example.com',
      sandbox.instance('bluesky')!,
      sandbox.instance('bluesky', 'Grace Sample')!,
    ]) {
      const { did } = await resolve(handle);
      const document = await (await get(`https://plc.directory/${did}`)).json();
      expect(document).toMatchObject({ id: did, alsoKnownAs: [`at://${handle}`] });
    }
    expect(await resolve('alice.elsewhere.com')).toMatchObject({ error: 'InvalidRequest' });
    expect((await get('https://plc.directory/did:plc:ffff')).status).toBe(404);
  });

  it('takes a request only with a fresh proof under its own nonce', async () => {
    const { send, proofOf, clock, setNonce } = await setUp();
    const url = `${issuer}/oauth/par`;
    const errorOf = async (dpop: string | null) => (await send('par', { client_id: clientId }, dpop)).body['error'];
    expect(await errorOf(null)).toBe('invalid_dpop_proof');
    const { nonce, body } = await send('par', { client_id: clientId });
    expect([body['error'], nonce]).toEqual(['use_dpop_nonce', expect.any(String)]);
    setNonce(nonce!);
    expect(await errorOf(proofOf(url, { htu: 'https://evil.example/oauth/par' }))).toBe('invalid_dpop_proof');
    expect(await errorOf(proofOf(url, {}, 'GET'))).toBe('invalid_dpop_proof');
    expect(await errorOf(`${proofOf(url)}x`)).toBe('invalid_dpop_proof');
    expect(await errorOf(proofOf(url, { nonce: 'another' }))).toBe('use_dpop_nonce');
    const old = proofOf(url);
    const sound = proofOf(url);
    expect(await errorOf(sound)).toBe('unsupported_response_type');
    expect(await errorOf(sound)).toBe('invalid_dpop_proof');
    clock.advance(61);
    expect(await errorOf(old)).toBe('invalid_dpop_proof');
  });

  it.each([
    ['another client', { client_id: 'https://app.example/client-metadata.json' }, 'invalid_client'],
    ['another redirect URI', { redirect_uri: 'http://127.0.0.1:1/callback' }, 'invalid_redirect_uri'],
    ['a scope that the client never declared', { scope: 'atproto transition:chat.bsky' }, 'invalid_scope'],
    ['no account', { scope: 'transition:generic' }, 'invalid_scope'],
    ['no code challenge', { code_challenge: '' }, 'invalid_request'],
  ])('refuses a pushed request with %s', async (_, changes, error) => {
    const { push } = await setUp();
    expect(await push(changes)).toMatchObject({ status: 400, body: { error } });
  });

  it('shows who was named, takes each pushed request once, and forgets it in time', async () => {
    const { push, addressOf, clock, sandbox } = await setUp();
    const { body } = await push({ login_hint: 'alice.example.com' });
    const address = addressOf(body['request_uri']!);
    expect(await (await fetch(address)).text()).toContain('signed in as alice.example.com');
    await sandbox.consent(address);
    expect((await fetch(address)).status).toBe(400);
    const late = await push();
    clock.advance(301);
    expect((await fetch(addressOf(late.body['request_uri']!))).status).toBe(400);
  });

  it('gives tokens once for a code, to the client and the key that asked for it', async () => {
    const { codeOf, exchange, changeKey } = await setUp();
    expect((await exchange(await codeOf(), { code_verifier: 'w'.repeat(43) })).body).toMatchObject({
      error: 'invalid_grant',
      error_description: 'Invalid code_verifier',
    });
    const code = await codeOf();
    const { status, body } = await exchange(code);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: 'DPoP',
      scope: 'atproto transition:generic',
      sub: expect.stringMatching(/^did:plc:/),
    });
    expect((await exchange(code)).body['error_description']).toBe('Code replayed');
    const stolen = await codeOf();
    changeKey();
    expect((await exchange(stolen)).body['error_description']).toBe('Invalid code');
  });

  it('rotates, and ends the session when a used token comes again', async () => {
    const { codeOf, exchange, renew, changeKey } = await setUp();
    const { body: first } = await exchange(await codeOf());
    const { body: second } = await renew(first['refresh_token']!);
    expect(second['refresh_token']).not.toBe(first['refresh_token']);
    expect((await renew(first['refresh_token']!)).body['error_description']).toBe('Refresh token replayed');
    expect((await renew(second['refresh_token']!)).body['error_description']).toBe('Invalid refresh token');
    const { body: third } = await exchange(await codeOf());
    changeKey();
    expect((await renew(third['refresh_token']!)).body['error_description']).toBe('Invalid refresh token');
  });

  it('answers the API to the token and its key, and to neither alone', async () => {
    const { codeOf, exchange, here, proofOf, setNonce, changeKey } = await setUp();
    const { body } = await exchange(await codeOf());
    const token = body['access_token']!;
    const url = 'https://pds.example.com/xrpc/com.atproto.repo.createRecord';
    const call = (headers: Record<string, string>) => fetch(here(url), { method: 'POST', headers, body: '{}' });
    const first = await call({ authorization: `DPoP ${token}`, dpop: proofOf(url) });
    expect([first.status, first.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/nonce|proof/)]);
    setNonce(first.headers.get('dpop-nonce')!);
    const ath = hash('sha256', token, 'base64url');
    expect((await call({ authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await call({ authorization: `DPoP ${token}`, dpop: proofOf(url) })).status).toBe(401);
    const answer = await call({ authorization: `DPoP ${token}`, dpop: proofOf(url, { ath }) });
    expect(await answer.json()).toMatchObject({ simulated: true, account: { id: body['sub'] } });
    changeKey();
    expect((await call({ authorization: `DPoP ${token}`, dpop: proofOf(url, { ath }) })).status).toBe(401);
  });
});

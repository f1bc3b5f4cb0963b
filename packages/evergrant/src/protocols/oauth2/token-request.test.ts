import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { TransportError } from '../../egress/types.ts';
import type { ClientAuthentication, OAuth2Protocol, TokenRequestShape } from '../../providers/define.ts';
import type { OAuth2App, RenewInput } from '../types.ts';
import { appOf, callbackOf, canaries, definitionOf, formOf, granted, json, scripted } from './test-support.ts';

const answer = json(200, { access_token: 'AT', token_type: 'bearer' });
const credential = { refreshToken: canaries.refresh, accessToken: canaries.access, scopes: ['read'], extra: {} };

const exchange = async (
  protocol: Partial<OAuth2Protocol> = {},
  app: Partial<OAuth2App> = {},
  parameters: Record<string, string> = {},
) => {
  const script = scripted(answer);
  await script.protocol.sendExchange(appOf(definitionOf(protocol), app), callbackOf({ ...granted, ...parameters }));
  return script.sent[0]!;
};

const renew = async (protocol: Partial<OAuth2Protocol> = {}, more: Partial<RenewInput> = {}) => {
  const script = scripted(answer);
  await script.protocol.sendRenewal(appOf(definitionOf(protocol)), { ...credential, ...more }, () => {});
  return script.sent[0]!;
};

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const secretBasic = basic('client%3A1', canaries.secret.replaceAll('-', '%2D'));

describe('the code exchange', () => {
  it('is what RFC 6749 section 4.1.3 asks for', async () => {
    const request = await exchange();
    expect(request).toMatchObject({ method: 'POST', url: 'https://api.acme.example/token', trustedOrigins: new Set() });
    expect(request.headers).toEqual({
      accept: 'application/json',
      authorization: secretBasic,
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(formOf(request)).toEqual({
      grant_type: 'authorization_code',
      code: canaries.code,
      redirect_uri: 'https://app.example/integrations/social/acme',
      code_verifier: canaries.verifier,
    });
  });

  it('sends a code with its special characters once encoded', async () => {
    expect(formOf(await exchange({}, {}, { code: '4/0A*b!c%2F' }))['code']).toBe('4/0A*b!c%2F');
  });

  it('checks the callback again and sends nothing when it does not hold', async () => {
    const script = scripted(answer);
    const attempt = script.protocol.sendExchange(appOf(definitionOf()), callbackOf({ ...granted, state: 'other' }));
    await expect(attempt).rejects.toMatchObject({ code: 'callback_malformed' });
    expect(script.sent).toEqual([]);
  });

  it('needs the verifier of its flow', async () => {
    const input = { ...callbackOf(granted), secrets: {} };
    const attempt = (pkce: OAuth2Protocol['pkce']) =>
      scripted(answer).protocol.sendExchange(appOf(definitionOf({ pkce })), input);
    await expect(attempt('S256')).rejects.toMatchObject({ code: 'internal' });
    await expect(attempt('none')).resolves.toMatchObject({ status: 200 });
  });

  it('leaves the verifier out where the platform refuses one', async () => {
    expect(formOf(await exchange({ pkce: 'none' }))).not.toHaveProperty('code_verifier');
  });

  it('repeats callback parameters for platforms that want to see them again', async () => {
    const shape = { carry: ['device_id', 'state', 'absent'] };
    const form = formOf(await exchange({ exchange: shape }, {}, { device_id: 'D1' }));
    expect(form).toMatchObject({ device_id: 'D1', state: granted.state });
    expect(form).not.toHaveProperty('absent');
  });
});

describe('client authentication', () => {
  it.each<[ClientAuthentication | ClientAuthentication[] | undefined, string | undefined, object]>([
    [undefined, secretBasic, {}],
    ['client_secret_basic_raw', basic('client:1', canaries.secret), {}],
    ['client_secret_post', undefined, { client_id: 'client:1', client_secret: canaries.secret }],
    ['none', undefined, { client_id: 'client:1' }],
    [['none', 'client_secret_post'], undefined, { client_secret: canaries.secret }],
    [['client_secret_basic', 'none'], secretBasic, {}],
  ])('%s', async (clientAuthentication, authorization, form) => {
    const request = await exchange({ clientAuthentication });
    expect(request.headers?.['authorization']).toBe(authorization);
    expect(formOf(request)).toMatchObject(form);
    expect('client_secret' in formOf(request)).toBe('client_secret' in form);
  });

  it.each<[ClientAuthentication | ClientAuthentication[] | undefined]>([
    [undefined],
    ['none'],
    [['client_secret_basic', 'none']],
  ])('without a secret: %s', async (clientAuthentication) => {
    const request = await exchange({ clientAuthentication }, { clientSecret: null });
    expect(request.headers).not.toHaveProperty('authorization');
    expect(formOf(request)).toMatchObject({ client_id: 'client:1' });
  });

  it('says so when a secret is needed and none is set', async () => {
    const attempt = exchange({ clientAuthentication: 'client_secret_post' }, { clientSecret: null });
    await expect(attempt).rejects.toMatchObject({ code: 'provider_app_credentials_invalid' });
  });

  it('uses the names of the definition', async () => {
    const names = { clientIdParameter: 'appid', clientSecretParameter: 'secret' };
    expect(formOf(await exchange({ clientAuthentication: 'client_secret_post', ...names }))).toMatchObject({
      appid: 'client:1',
      secret: canaries.secret,
    });
  });
});

describe('shapes of a token request', () => {
  const shaped = (shape: TokenRequestShape, protocol: Partial<OAuth2Protocol> = {}) =>
    exchange({ clientAuthentication: 'client_secret_post', exchange: shape, ...protocol });

  it('as JSON, under other names', async () => {
    const request = await shaped({
      endpoint: 'https://business.acme.example/token/',
      encoding: 'json',
      credentialParameter: 'auth_code',
      omit: ['redirect_uri', 'code_verifier'],
      parameters: { version: '{clientId}' },
    });
    expect(request).toMatchObject({ method: 'POST', url: 'https://business.acme.example/token/' });
    expect(request.headers?.['content-type']).toBe('application/json');
    expect(JSON.parse(request.body!)).toEqual({
      client_id: 'client:1',
      client_secret: canaries.secret,
      grant_type: 'authorization_code',
      auth_code: canaries.code,
      version: 'client:1',
    });
  });

  it('as a GET, with the query that the endpoint has already', async () => {
    const request = await shaped({ method: 'GET', grantType: null, endpoint: 'https://api.acme.example/token?v=1' });
    const query = Object.fromEntries(new URL(request.url).searchParams);
    expect(request.method).toBe('GET');
    expect(request).not.toHaveProperty('body');
    expect(request.headers).toEqual({ accept: 'application/json' });
    expect(query).toMatchObject({ v: '1', code: canaries.code, client_id: 'client:1' });
    expect(query).not.toHaveProperty('grant_type');
  });

  it('as a POST whose parameters stand in the query', async () => {
    const request = await shaped({ encoding: 'query', grantType: 'authorisation' });
    expect(request.method).toBe('POST');
    expect(request).not.toHaveProperty('body');
    expect(new URL(request.url).searchParams.get('grant_type')).toBe('authorisation');
  });

  it('with headers of the definition, which may also say what is accepted', async () => {
    const request = await shaped({}, { headers: { Accept: 'application/vnd.acme+json', 'X-Client': '{clientId}' } });
    expect(request.headers).toMatchObject({ accept: 'application/vnd.acme+json', 'x-client': 'client:1' });
  });

  it('never lets fixed parameters replace the credential', async () => {
    expect(formOf(await shaped({ parameters: { code: 'evil', redirect_uri: 'https://evil.example' } }))).toMatchObject({
      code: canaries.code,
      redirect_uri: 'https://app.example/integrations/social/acme',
    });
  });

  it('goes where the operator reroutes it, over plain http on loopback too', async () => {
    const trustedOrigins = new Set(['http://127.0.0.1:4000']);
    const request = await exchange(
      {},
      { origins: { 'https://api.acme.example': 'http://127.0.0.1:4000' }, trustedOrigins },
    );
    expect(request).toMatchObject({ url: 'http://127.0.0.1:4000/token', trustedOrigins });
  });
});

describe('a renewal', () => {
  it('is what RFC 6749 section 6 asks for', async () => {
    expect(formOf(await renew())).toEqual({ grant_type: 'refresh_token', refresh_token: canaries.refresh });
  });

  it('without a refresh token is not possible', async () => {
    await expect(renew({}, { refreshToken: null })).rejects.toMatchObject({ code: 'token_expired_not_renewable' });
  });

  it('of an access token that renews itself sends nothing but what the platform wants', async () => {
    const refreshRequest: TokenRequestShape = {
      endpoint: 'https://graph.acme.example/refresh',
      method: 'GET',
      grantType: 'th_refresh_token',
      credential: 'access_token',
      clientAuthentication: 'none',
      omit: ['client_id'],
    };
    const request = await renew({ refreshRequest }, { refreshToken: null });
    expect(request.body).toBeUndefined();
    expect(Object.fromEntries(new URL(request.url).searchParams)).toEqual({
      grant_type: 'th_refresh_token',
      access_token: canaries.access,
    });
  });

  it('carries what was kept with the grant', async () => {
    const protocol = { exchange: { carry: ['device_id'] }, refreshRequest: { carry: ['state'] } };
    const callback = new URLSearchParams({ device_id: 'D1', state: 'S', code: canaries.code });
    const kept = scripted(answer).protocol.carry(appOf(definitionOf(protocol)), callback);
    expect(kept).toEqual({ device_id: 'D1', state: 'S' });
    expect(formOf(await renew(protocol, { extra: kept }))).toMatchObject(kept);
  });

  it('goes to the place that the answer named', async () => {
    const refreshRequest = { endpoint: 'https://{extra.site}/token' };
    const request = await renew({ refreshRequest }, { extra: { site: 'eu.acme.example' } });
    expect(request.url).toBe('https://eu.acme.example/token');
  });

  it('is held back by beforeSend, whose error passes through', async () => {
    const script = scripted(answer);
    const stale = new Error('the lease is gone');
    const attempt = script.protocol.sendRenewal(appOf(definitionOf()), credential, () => {
      throw stale;
    });
    await expect(attempt).rejects.toBe(stale);
    expect(script.sent).toEqual([]);
  });

  it('asks beforeSend once, when everything is ready', async () => {
    const beforeSend = vi.fn();
    const script = scripted(answer);
    await script.protocol.sendRenewal(appOf(definitionOf()), credential, beforeSend);
    expect(beforeSend).toHaveBeenCalledTimes(1);
  });

  it('passes on that no answer came, as it is', async () => {
    const fault = new TransportError('unknown', 'api.acme.example: the connection was reset');
    const attempt = scripted(fault).protocol.sendRenewal(appOf(definitionOf()), credential, () => {});
    await expect(attempt).rejects.toBe(fault);
  });

  it('keeps of the answer only what reading needs', async () => {
    const headers = {
      'content-type': 'application/json',
      'retry-after': '5',
      date: 'Thu, 26 Nov 2026 12:00:00 GMT',
    };
    const noisy = { status: 400, headers: { ...headers, 'www-authenticate': 'Basic', 'set-cookie': 'a=b' }, body: 'x' };
    const raw = await scripted(noisy).protocol.sendRenewal(appOf(definitionOf()), credential, () => {});
    expect(raw).toEqual({ status: 400, headers, body: 'x' });
  });

  it('is a fault of the definition when its endpoint is no web address, and shows no secret', async () => {
    const error = await renew({ tokenEndpoint: 'ftp://api.acme.example/token' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'definition_invalid' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('canary');
  });
});

describe('an upgrade', () => {
  const tokens = {
    accessToken: canaries.access,
    refreshToken: null,
    tokenType: 'bearer' as const,
    expiresIn: 3600,
    refreshExpiresIn: null,
    scopes: null,
    extra: {},
    subject: null,
  };

  it('is not sent where the platform has none', async () => {
    const script = scripted(answer);
    expect(await script.protocol.sendUpgrade(appOf(definitionOf()), tokens)).toBeNull();
    expect(script.sent).toEqual([]);
  });

  it('trades the access token by the grant of the platform', async () => {
    const script = scripted(answer);
    const upgrade: TokenRequestShape = { grantType: 'fb_exchange_token', credentialParameter: 'fb_exchange_token' };
    const app = appOf(definitionOf({ clientAuthentication: 'client_secret_post', upgrade }));
    expect(await script.protocol.sendUpgrade(app, tokens)).toMatchObject({ status: 200 });
    expect(formOf(script.sent[0])).toEqual({
      grant_type: 'fb_exchange_token',
      fb_exchange_token: canaries.access,
      client_id: 'client:1',
      client_secret: canaries.secret,
    });
  });
});

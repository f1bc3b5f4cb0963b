import { describe, expect, it } from 'vitest';
import { identify } from '../../connections/identify.ts';
import { toRawAnswer } from '../../testing/contract/scripted-platform.ts';
import { credentials, exchange, setUp, state, tokens } from './requests.test-support.ts';
import vkFixture from './vk.fixture.ts';
import vk from './vk.ts';

const device = { device_id: vkFixture.callback.granted.device_id };

describe('vk', () => {
  it('names no secret, and repeats device and state of the callback at the exchange', async () => {
    const world = setUp(vk, vkFixture, null);
    const url = await exchange(world, vkFixture.exchange, vkFixture.callback.granted);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{32,}$/),
    });
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://id.vk.com/oauth2/auth' });
    expect(world.last().headers).not.toHaveProperty('authorization');
    expect(world.last().form).toEqual({
      client_id: 'client-1',
      grant_type: 'authorization_code',
      code: 'CODE',
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: 'https://app.example/integrations/social/vk',
      state,
      ...device,
    });
  });

  it('refuses tokens that name the state of another flow, but never those of a renewal', async () => {
    const { app, protocol } = setUp(vk, vkFixture, null);
    const answer = (named: string) =>
      toRawAnswer({ ...vkFixture.exchange, body: { ...vkFixture.exchange.body, state: named } });
    expect(await protocol.read(app, 'exchange', answer(state), { state })).toMatchObject({ kind: 'tokens' });
    expect(await protocol.read(app, 'exchange', toRawAnswer(vkFixture.exchange), { state })).toMatchObject({
      kind: 'tokens',
    });
    expect(await protocol.read(app, 'exchange', answer('other'), { state })).toMatchObject({
      kind: 'rejected',
      error: { code: 'provider_bad_response' },
    });
    // The old refresh token is spent by then.
    expect(await protocol.read(app, 'refresh', answer('other'))).toMatchObject({ kind: 'tokens' });
  });

  it('sends no secret even where one is set', async () => {
    const world = setUp(vk, vkFixture);
    await exchange(world, vkFixture.exchange, vkFixture.callback.granted);
    expect(world.last().form).not.toHaveProperty('client_secret');
  });

  it('keeps device and state of the callback, and sends them at every renewal', async () => {
    const { app, protocol, platform, last } = setUp(vk, vkFixture, null);
    const callback = new URLSearchParams({ code: 'CODE', state, ...vkFixture.callback.granted });
    const extra = protocol.carry(app, callback);
    expect(extra).toEqual({ ...device, state });
    platform.script(vkFixture.refresh);
    await protocol.sendRenewal(app, { ...credentials, extra }, () => {});
    expect(last().form).toEqual({
      client_id: 'client-1',
      grant_type: 'refresh_token',
      refresh_token: 'SAMPLE_RT',
      state,
      ...device,
    });
  });

  it('asks for the person by a form that names app and token', async () => {
    const { app, getJson, last } = setUp(vk, vkFixture, null);
    const { person } = await identify(getJson, app, tokens);
    expect(person).toMatchObject({ id: '1234567890', name: 'Ada Example', username: null });
    expect(last()).toMatchObject({ method: 'POST', url: 'https://id.vk.com/oauth2/user_info' });
    expect(last().form).toEqual({ client_id: 'client-1', access_token: 'SAMPLE_AT' });
    expect(last().headers).not.toHaveProperty('authorization');
  });

  it('carries the version of the API in every call', async () => {
    const { app, getJson, last, platform } = setUp(vk, vkFixture, null);
    platform.script({ status: 200, body: { response: [] } });
    await getJson(app, tokens, 'https://api.vk.com/method/users.get?fields=screen_name');
    expect(last().query).toEqual({ fields: 'screen_name', v: '5.199' });
    expect(last().headers).toMatchObject({ authorization: 'Bearer SAMPLE_AT' });
  });

  it('revokes by app id and access token', async () => {
    const { app, platform, protocol, last } = setUp(vk, vkFixture, null);
    platform.script({ status: 200, body: { response: 1 } });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent).toHaveLength(1);
    expect(last().url).toBe('https://id.vk.com/oauth2/revoke');
    expect(last().form).toEqual({ client_id: 'client-1', access_token: 'SAMPLE_AT' });
  });

  it('does not take a revocation for done that failed under 200', async () => {
    const { app, platform, protocol } = setUp(vk, vkFixture, null);
    platform.script({ status: 200, body: { error: 'invalid_client', error_description: 'client_id is invalid' } });
    await expect(protocol.revoke(app, credentials)).rejects.toMatchObject({ code: 'provider_app_credentials_invalid' });
  });
});

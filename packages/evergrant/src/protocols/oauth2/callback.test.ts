import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { OAuth2Protocol } from '../../providers/define.ts';
import { appOf, callbackOf, canaries, definitionOf, granted, json, scripted } from './test-support.ts';

const check = async (
  parameters: Record<string, string> | string,
  protocol: Partial<OAuth2Protocol> = {},
  origins: Record<string, string> = {},
) => {
  const script = scripted();
  const app = appOf(definitionOf(protocol), { origins });
  const error = await script.protocol.checkCallback(app, callbackOf(parameters)).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(script.sent).toEqual([]);
  return { error, warnings: script.warnings };
};

const issuer = 'https://acme.example';

describe('the callback', () => {
  it('passes with code and state', async () => {
    expect((await check(granted)).error).toBeNull();
    expect((await check({ ...granted, scope: 'read', guild_id: '1' })).error).toBeNull();
  });

  it.each([
    ['a code sent twice', `code=a&code=b&state=${granted.state}`],
    ['a state sent twice', `code=a&state=${granted.state}&state=${granted.state}`],
    ['any parameter sent twice', `code=a&state=${granted.state}&x=1&x=1`],
    ['a list', `code=a&state[]=${granted.state}`],
    ['no code', `state=${granted.state}`],
    ['an empty code', `code=&state=${granted.state}`],
    ['no state', 'code=a'],
    ['another state', 'code=a&state=other'],
    ['a refusal with another state', 'error=access_denied&state=other'],
    ['a signed answer that nobody asked for', `code=a&state=${granted.state}&response=eyJ`],
    ['nothing', ''],
  ])('is malformed with %s', async (_, parameters) => {
    const { error } = await check(parameters);
    expect(error).toMatchObject({ code: 'callback_malformed', provider: 'acme' });
  });

  it('tells of a refusal, with and without state', async () => {
    const refusal = { error: 'access_denied', error_description: 'She said &quot;no&quot;\r\n' };
    for (const parameters of [refusal, { ...refusal, state: granted.state }]) {
      expect((await check(parameters)).error).toMatchObject({
        code: 'consent_denied',
        upstream: { code: 'access_denied', description: 'She said "no"' },
      });
    }
  });

  it('tells of errors in the words of Facebook', async () => {
    const { error } = await check({ error_code: '1349187', error_message: 'Not available', state: granted.state });
    expect(error).toMatchObject({
      code: 'provider_app_not_allowed',
      upstream: { code: '1349187', description: 'Not available' },
    });
  });

  it('asks the dialect of the definition first', async () => {
    const definition = definitionOf(
      {},
      {
        handleErrors: [
          { phase: 'authorize', code: 'access_denied', is: 'app-misconfigured', error: 'scope_unavailable' },
        ],
      },
    );
    const input = callbackOf({ error: 'access_denied' });
    await expect(scripted().protocol.checkCallback(appOf(definition), input)).rejects.toMatchObject({
      code: 'scope_unavailable',
    });
  });

  it('ignores tokens and reports them without their values', async () => {
    const { error, warnings } = await check({ ...granted, access_token: canaries.access, id_token: 'x', token: 'y' });
    expect(error).toBeNull();
    expect(warnings).toHaveLength(1);
    expect(inspect(warnings, { depth: 20 })).toContain('id_token');
    expect(inspect(warnings, { depth: 20 })).not.toContain(canaries.access);
  });

  it('never quotes the code', async () => {
    const { error } = await check({ code: canaries.code, state: 'other' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(canaries.code);
  });
});

describe('the issuer of a callback', () => {
  it.each([
    ['the right one', { iss: issuer }, null],
    ['none', {}, null],
    ['another', { iss: 'https://evil.example' }, 'issuer_mismatch'],
    ['one with a slash', { iss: `${issuer}/` }, 'issuer_mismatch'],
  ])('%s', async (_, parameters, code) => {
    const { error } = await check({ ...granted, ...parameters }, { issuer });
    expect(error).toEqual(code === null ? null : expect.objectContaining({ code }));
  });

  it.each([
    ['the same', 'https://acme.example/', null],
    ['without its slash', 'https://acme.example', null],
    ['another path', 'https://acme.example/x', 'issuer_mismatch'],
    ['another host', 'https://evil.example', 'issuer_mismatch'],
  ])('that is declared with a slash: %s', async (_, iss, code) => {
    const { error } = await check({ ...granted, iss }, { issuer: `${issuer}/` });
    expect(error).toEqual(code === null ? null : expect.objectContaining({ code }));
    const deeper = await check({ ...granted, iss: `${issuer}/tenant` }, { issuer: `${issuer}/tenant/` });
    expect(deeper.error).toMatchObject({ code: 'issuer_mismatch' });
  });

  it('is checked in refusals too', async () => {
    const { error } = await check({ error: 'access_denied', iss: 'https://evil.example' }, { issuer });
    expect(error).toMatchObject({ code: 'issuer_mismatch' });
  });

  it('is ignored where the definition names none', async () => {
    expect((await check({ ...granted, iss: 'https://whatever.example' })).error).toBeNull();
  });

  it('may be the place to which it was rerouted', async () => {
    const rerouted = 'http://127.0.0.1:4000';
    expect((await check({ ...granted, iss: rerouted }, { issuer }, { [issuer]: rerouted })).error).toBeNull();
  });

  it('must be there when the server says that it sends it', async () => {
    const metadata = (supported: boolean) =>
      json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        authorization_response_iss_parameter_supported: supported,
      });
    const app = appOf(definitionOf({ issuer, authorizationEndpoint: undefined }));
    const attempt = (supported: boolean, parameters: object) =>
      scripted(metadata(supported)).protocol.checkCallback(app, callbackOf({ ...granted, ...parameters }));
    await expect(attempt(true, {})).rejects.toMatchObject({ code: 'issuer_mismatch' });
    await expect(attempt(true, { iss: issuer })).resolves.toBeUndefined();
    await expect(attempt(false, {})).resolves.toBeUndefined();
  });
});

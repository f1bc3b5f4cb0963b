import { describe, expect, it } from 'vitest';
import { SettingsError } from '../settings/errors.ts';
import type { ProviderSettings } from '../settings/types.ts';
import { Secret } from '../telemetry/secret.ts';
import { defineProvider, oauth2, type PartialDefinition } from './define.ts';
import { isConfigured, redirectUriFor, resolveProvider } from './resolve.ts';

const graph = defineProvider({
  id: 'graph',
  name: 'Graph',
  protocol: oauth2({
    authorizationEndpoint: 'https://graph.example/{graphVersion}/dialog',
    tokenEndpoint: 'https://graph.example/{graphVersion}/token',
    authorizationParameters: { display: 'page', prompt: 'none' },
    errors: { code: ['error.code', 'error'] },
  }),
  scopes: { required: ['read', 'write'] },
  profile: { get: 'https://graph.example/{graphVersion}/me', map: (me) => ({ id: String(me.id) }) },
  accounts: async () => [],
  api: { baseUrl: 'https://graph.example/{graphVersion}' },
  handleErrors: [{ description: /expired/, is: 'reconnect' }],
  options: { graphVersion: 'v26.0', dialog: 'page' },
});

/** The least that a definition from settings must say. */
const acme: PartialDefinition = {
  protocol: oauth2({ issuer: 'https://id.acme.example' }),
  scopes: { required: ['openid'] },
  profile: { get: 'https://api.acme.example/v1/me?fields=id', map: { id: 'sub' } },
};

const faultsOf = (id: string, settings: ProviderSettings, builtin = id === 'graph' ? graph : undefined) => {
  try {
    resolveProvider(id, builtin, settings);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a built-in definition', () => {
  it('stands alone', () => {
    const resolved = resolveProvider('graph', graph, undefined);
    expect(resolved.definition).toEqual(graph);
    expect(resolved).toMatchObject({ clientId: null, clientSecret: null, scopes: ['read', 'write'], origins: {} });
    expect(resolved.trustedOrigins.size).toBe(0);
    expect(isConfigured(resolved)).toBe(false);
  });

  it('is overridden in part: objects merged, lists and functions replaced, the built-in one untouched', () => {
    const { definition } = resolveProvider('graph', graph, {
      definition: {
        name: 'Chart',
        protocol: { authorizationParameters: { prompt: 'consent' }, errors: { code: ['code'] } },
        profile: { map: { id: 'id' } },
      },
    });
    expect(definition).toMatchObject({
      name: 'Chart',
      protocol: {
        tokenEndpoint: 'https://graph.example/{graphVersion}/token',
        authorizationParameters: { display: 'page', prompt: 'consent' },
        errors: { code: ['code'] },
      },
      profile: { get: 'https://graph.example/{graphVersion}/me', map: { id: 'id' } },
    });
    expect(graph.protocol.authorizationParameters).toEqual({ display: 'page', prompt: 'none' });
    expect(Object.isFrozen(definition.protocol)).toBe(true);
    expect(Object.isFrozen(graph.protocol)).toBe(false);
  });

  it('takes options from the definition of the settings, and from their options above all', () => {
    const definition = { options: { graphVersion: 'v27.0' } };
    expect(resolveProvider('graph', graph, { definition }).variables).toEqual({
      graphVersion: 'v27.0',
      dialog: 'page',
    });
    const options = { graphVersion: 'v28.0' };
    const resolved = resolveProvider('graph', graph, { definition, options });
    expect(resolved.variables).toEqual({ graphVersion: 'v28.0', dialog: 'page' });
    expect(resolved.definition.options).toEqual(resolved.variables);
  });

  it('gets the app and its scopes', () => {
    const clientSecret = new Secret('secret');
    const resolved = resolveProvider('graph', graph, { clientId: 'id', clientSecret, scopes: ['read'] });
    expect(resolved).toMatchObject({ clientId: 'id', clientSecret, scopes: ['read'] });
    expect(isConfigured(resolved)).toBe(true);
  });
});

describe('a definition from settings', () => {
  it('gets id, name and API from what it says', () => {
    const { definition } = resolveProvider('acme', undefined, { definition: acme });
    expect(definition).toMatchObject({ id: 'acme', name: 'acme', api: { baseUrl: 'https://api.acme.example' } });
  });

  it('keeps what it gives itself', () => {
    const definition = { ...acme, id: 'acme', name: 'Acme', api: { baseUrl: 'http://127.0.0.1:4000/api' } };
    expect(resolveProvider('acme', undefined, { definition }).definition).toMatchObject(definition);
  });

  it.each<[string, PartialDefinition, string]>([
    [
      'plain http',
      {
        ...acme,
        protocol: oauth2({ authorizationEndpoint: 'https://a.example', tokenEndpoint: 'http://example.com/token' }),
      },
      'protocol.tokenEndpoint: "http://example.com/token" must use https; plain http is accepted on loopback only',
    ],
    [
      'plain http with a placeholder',
      { ...acme, api: { baseUrl: 'http://{instance}/api' } },
      'api.baseUrl: "http://{instance}/api" must use https; plain http is accepted on loopback only',
    ],
    [
      'no profile',
      { ...acme, profile: undefined, api: { baseUrl: 'https://a.example' } },
      'profile: is missing, and without it nobody can tell whose account',
    ],
    ['no protocol', { ...acme, protocol: undefined }, 'protocol: is missing'],
    ['no scopes', { ...acme, scopes: undefined }, 'scopes: is missing'],
    [
      'an unknown protocol',
      { ...acme, protocol: { kind: 'oauth3' as 'oauth2' } },
      'protocol.kind: "oauth3" is not known (did you mean "oauth2"?); known are oauth2, oauth1, atproto',
    ],
    [
      'an endpoint that cannot be discovered',
      { ...acme, protocol: oauth2({ authorizationEndpoint: 'https://a.example' }) },
      'protocol.tokenEndpoint: is missing, and there is no "issuer"',
    ],
    [
      'a misspelt member deep inside',
      { ...acme, protocol: oauth2({ issuer: 'https://a.example', exchange: { metod: 'GET' } as object }) },
      'protocol.exchange: has no field "metod" (did you mean "method"?)',
    ],
    [
      'a word that is none of the choices',
      { ...acme, refresh: { rotates: 'alway' as 'always' } },
      'refresh.rotates: "alway" must be one of "always", "never", "sometimes" (did you mean "always"?)',
    ],
    [
      'one of several choices',
      { ...acme, protocol: oauth2({ issuer: 'https://a.example', clientAuthentication: 'post' as 'none' }) },
      'protocol.clientAuthentication: "post" must be one of "client_secret_basic"',
    ],
    [
      'a wrong map',
      { ...acme, profile: { get: 'https://a.example', map: { id: 5 as unknown as string } } },
      'profile.map.id: must be text, not a number',
    ],
    [
      'a map that is none',
      { ...acme, profile: { get: 'https://a.example', map: 'sub' as unknown as () => never } },
      'profile.map: must be an object of dotted paths, or a function',
    ],
    [
      'an end of consents that is none',
      { ...acme, consentEnds: 'scopes' as 'other-scopes' },
      'consentEnds: must be "other-scopes" or { beyond, ofSameScopes }',
    ],
    ['another id', { ...acme, id: 'other' }, 'id: must be "acme" as its key'],
    ['a negative time', { ...acme, refresh: { graceSeconds: -1 } }, 'refresh.graceSeconds: must not be negative'],
    [
      'an unknown error code',
      { ...acme, handleErrors: [{ is: 'retry', error: 'oops' as 'internal' }] },
      'handleErrors[0].error: is no code of the error catalogue',
    ],
  ])('is refused with %s', (_, definition, part) => {
    const faults = faultsOf('acme', { definition });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`providers.acme.definition.${part}`);
  });

  it('is needed where nothing is built in', () => {
    expect(faultsOf('acme', { clientId: 'id' })).toEqual([
      'providers.acme: is no built-in provider, and another one needs a "definition"',
    ]);
  });

  it('may not send tokens over http by an option', () => {
    expect(faultsOf('graph', { options: { graphVersion: 'http://example.com' } })).toEqual([
      'providers.graph.options.graphVersion: "http://example.com" must use https; plain http is accepted on loopback only',
    ]);
  });
});

describe('trusted origins', () => {
  const trusted = (settings: ProviderSettings, builtin = graph) => [
    ...resolveProvider('graph', builtin, settings).trustedOrigins,
  ];

  it('are those of reroutes, by target', () => {
    const origins = { 'https://graph.example': 'http://127.0.0.1:4000/graph' };
    const resolved = resolveProvider('graph', graph, { origins });
    expect(resolved.origins).toEqual(origins);
    expect([...resolved.trustedOrigins]).toEqual(['http://127.0.0.1:4000']);
  });

  it('are those of options and of every URL in the definition of the settings, placeholders filled', () => {
    expect(
      trusted({
        options: { plcUrl: 'http://127.0.0.1:2582/', port: '4001' },
        definition: {
          protocol: { issuer: 'https://id.internal/realm', revocation: { endpoint: 'http://127.0.0.1:{port}/revoke' } },
          api: { baseUrl: 'https://{instance}/api', origins: ['https://upload.internal'] },
          scopes: { grantedFrom: { get: 'https://scopes.internal/me', items: '', scope: '' } },
        },
      }).sort(),
    ).toEqual([
      'http://127.0.0.1:2582',
      'http://127.0.0.1:4001',
      'https://id.internal',
      'https://scopes.internal',
      'https://upload.internal',
    ]);
  });

  it('are not those of pages for people or of scopes that look like URLs', () => {
    expect(
      trusted({
        definition: {
          scopes: { required: ['https://scopes.example/read'] },
          setup: { console: 'https://console.example', steps: [] },
          facts: { date: '2026-01-01', sources: ['https://docs.example'] },
        },
      }),
    ).toEqual([]);
  });
});

describe('redirectUriFor', () => {
  it('is the standard path, or the same with a final slash', () => {
    const standard = 'https://connect.example/base/integrations/social/acme';
    const uri = (setting?: string) => redirectUriFor('https://connect.example/base', 'acme', setting);
    expect(uri()).toBe(standard);
    expect(uri(standard)).toBe(standard);
    expect(uri(`${standard}/`)).toBe(`${standard}/`);
    for (const other of [`${standard}//`, `${standard}?a`, 'https://evil.example', '/integrations/social/acme/']) {
      expect(() => uri(other)).toThrow(
        'providers.acme.redirectUri: must be https://connect.example/base/integrations/',
      );
    }
  });
});

describe('oneTimeToken', () => {
  it('is another word for refresh.rotates', () => {
    const rotation = (definition: PartialDefinition) =>
      resolveProvider('acme', undefined, { definition: { ...acme, ...definition } }).definition.refresh;
    expect(rotation({ oneTimeToken: true })).toEqual({ rotates: 'always' });
    expect(rotation({ oneTimeToken: false, refresh: { graceSeconds: 5 } })).toEqual({
      rotates: 'never',
      graceSeconds: 5,
    });
    expect(rotation({ oneTimeToken: true, refresh: { rotates: 'always' } })).toEqual({ rotates: 'always' });
  });

  it('may not contradict it', () => {
    expect(
      faultsOf('acme', { definition: { ...acme, oneTimeToken: false, refresh: { rotates: 'sometimes' } } }),
    ).toEqual([
      'providers.acme.definition.oneTimeToken: contradicts refresh.rotates, which is "sometimes"; give one of them',
    ]);
  });
});

describe('refreshWait', () => {
  it('is no longer than a request may take', () => {
    expect(faultsOf('acme', { definition: { ...acme, refreshWait: 61 } })).toEqual([
      'providers.acme.definition.refreshWait: must not be more than 60',
    ]);
  });
});

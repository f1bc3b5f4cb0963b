import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../settings/load.ts';
import { builtinProviders } from './builtin.ts';
import { oauth2, type ProviderDefinition } from './define.ts';
import { createCatalogue } from './load.ts';

const named = (name: string): ProviderDefinition => ({
  id: name.toLowerCase(),
  name,
  protocol: oauth2({ issuer: 'https://id.example' }),
  scopes: { required: [] },
  profile: { get: 'https://id.example/me', map: { id: 'sub' } },
  api: { baseUrl: 'https://id.example' },
});
const [zeta, beta] = [named('Zeta'), named('Beta')];

describe('createCatalogue', () => {
  it('gives every provider by id, and all of them by name', () => {
    const catalogue = createCatalogue({ zeta, beta }, { zeta: { clientId: 'a' }, mu: { definition: named('Mu') } });
    expect(catalogue.list().map(({ definition }) => definition.name)).toEqual(['Beta', 'Mu', 'Zeta']);
    expect(catalogue.get('zeta').clientId).toBe('a');
    expect(() => catalogue.get('constructor')).toThrow(expect.objectContaining({ code: 'provider_unknown' }));
  });

  it('names the faults of every provider', () => {
    const create = () => createCatalogue({ zeta }, { acme: { clientId: 'a' }, zeta: { definition: { id: 'other' } } });
    expect(create).toThrow(/2 faults:\n {2}- providers\.zeta\.definition\.id: .*\n {2}- providers\.acme: /);
  });

  it('takes every built-in definition, and lets its options be overridden', () => {
    const settings = { facebook: { definition: { options: { graphVersion: 'v99.0' } } } };
    const catalogue = createCatalogue(builtinProviders, settings);
    expect(catalogue.list()).toHaveLength(Object.keys(builtinProviders).length);
    const { definition, variables, trustedOrigins } = catalogue.get('facebook');
    expect(variables).toEqual({ ...builtinProviders['facebook']?.options, graphVersion: 'v99.0' });
    expect(definition.protocol).toEqual(builtinProviders['facebook']?.protocol);
    expect(trustedOrigins.size).toBe(0);
  });

  it('takes the JSON sample of the documentation', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'evergrant-resolve-'));
    try {
      await writeFile(join(cwd, 'evergrant.config.json'), sample);
      const { settings } = await loadSettings({ env: {}, cwd, builtins: [] });
      const { definition, trustedOrigins, scopes } = createCatalogue({}, settings.providers).get('acme');
      expect(definition).toMatchObject({
        id: 'acme',
        name: 'Acme',
        protocol: { issuer: 'http://127.0.0.1:4000', clientAuthentication: 'client_secret_post' },
        refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0 },
      });
      expect([...trustedOrigins]).toEqual(['http://127.0.0.1:4000']);
      expect(scopes).toEqual(['openid', 'profile', 'offline_access']);
      expect(settings.providers['acme']?.clientSecret?.reveal()).toBe('secret');
    } finally {
      await rm(cwd, { recursive: true });
    }
  });
});

const sample = `{ "apiKey": "eg_test_0123456789abcdef0123456789abcdef", "providers": { "acme": {
  "clientId": "client", "clientSecret": "secret",
  "definition": {
    "name": "Acme",
    "protocol": { "kind": "oauth2", "issuer": "http://127.0.0.1:4000", "pkce": "S256",
      "clientAuthentication": "client_secret_post",
      "authorizationEndpoint": "http://127.0.0.1:4000/auth", "tokenEndpoint": "http://127.0.0.1:4000/token",
      "revocationEndpoint": "http://127.0.0.1:4000/revoke",
      "authorizationParameters": { "prompt": "consent" } },
    "scopes": { "required": ["openid", "profile", "offline_access"], "optional": [], "separator": " " },
    "refresh": { "rotates": "always", "reuseRevokes": true, "graceSeconds": 0 },
    "profile": { "get": "http://127.0.0.1:4000/me", "map": { "id": "sub", "name": "name", "username": "preferred_username", "picture": "picture" } },
    "api": { "baseUrl": "http://127.0.0.1:4000" } } } } }`;

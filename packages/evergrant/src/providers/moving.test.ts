import { describe, expect, it } from 'vitest';
import { reroute } from '../egress/origins.ts';
import { builtinProviders } from './builtin.ts';
import type { AnyDefinition, PartialDefinition } from './define.ts';
import { providerFixtures } from './fixtures.ts';
import { resolveProvider } from './resolve.ts';

/* A platform that changes a life, a host or a version needs a setting, and no release of ours. */

const providers = Object.entries(builtinProviders);

/** Every text of a definition, with those that stand in its hooks. */
const textsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value === 'function') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
};

/** Where requests go: what a definition declares, and what its hooks ask for, as the fixture answers it. */
const addressesOf = (id: string, { facts: _facts, setup: _setup, scopes, ...definition }: AnyDefinition): string[] => {
  const declared = textsOf([definition, scopes.grantedFrom?.get]).filter((text) => /^https:\/\//.test(text));
  return [...declared, ...Object.keys(providerFixtures[id]!.get)];
};

/** An address up to its version; null: it has none. */
const versioned = (address: string): string | null =>
  /^https:\/\/[^/?#]+(?:\/[^/?#]+)*?\/v?\d+(?:\.\d+)*(?=[/?#]|$)/.exec(address)?.[0] ?? null;

describe.each(providers)('%s', (id, builtin) => {
  it('can be told other lives and another kind of rotation', () => {
    for (const lifetime of [{ fixed: 111 }, { sliding: 222 }]) {
      const refresh = {
        lifetime,
        minimumAgeSeconds: 333,
        idleLimitSeconds: 444,
        graceSeconds: 5,
        rotates: 'always' as const,
        reuseRevokes: false,
        policy: 'lazy' as const,
      };
      const { definition } = resolveProvider(id, builtin, { definition: { refresh } });
      expect(definition.refresh).toEqual({ ...builtin.refresh, ...refresh });
    }
    const changes = {
      profile: { rereadSeconds: 666 },
      ...(builtin.protocol.kind === 'oauth2' ? { protocol: { tokenResponse: { defaultExpiresIn: 777 } } } : {}),
    } as PartialDefinition;
    const { definition } = resolveProvider(id, builtin, { definition: changes });
    expect(definition.profile.rereadSeconds).toBe(666);
    if (definition.protocol.kind === 'oauth2') expect(definition.protocol.tokenResponse?.defaultExpiresIn).toBe(777);
  });

  it('can be told another version of the API by an option, or for all requests by one reroute', () => {
    const options = Object.entries(builtin.options ?? {});
    const pending = addressesOf(id, builtin).flatMap((address) => versioned(address) ?? []);
    // Those with an option hold a placeholder where others have their version; the fixture has it filled in.
    const fixed = new Set(pending.filter((prefix) => !options.some(([, value]) => prefix.endsWith(`/${value}`))));
    if (id === 'discord') expect([...fixed]).toEqual(['https://discord.com/api/v10']);
    for (const prefix of fixed) {
      const origins = { [prefix]: prefix.replace(/[^/]+$/, 'v999') };
      for (const address of addressesOf(id, builtin).filter((one) => versioned(one) === prefix)) {
        expect(versioned(reroute(address, origins))).toBe(origins[prefix]);
      }
    }
  });

  it('has no option that changes nothing', () => {
    const { options = {}, setup: _setup, facts: _facts, ...rest } = builtin;
    const texts = textsOf(rest);
    for (const name of Object.keys(options)) {
      const isUsed = texts.some((text) => text === name || text.includes(`{${name}}`));
      expect(isUsed || isOfProtocol(builtin, name), `${id}: options.${name}`).toBe(true);
    }
  });
});

/** AT Protocol reads its addresses by name. */
const isOfProtocol = ({ protocol }: AnyDefinition, name: string): boolean =>
  protocol.kind === 'atproto' && (name in protocol || name === 'handleResolver');

it('lets the token move from a header to the query', () => {
  const [id, builtin] = providers.find(([, { api }]) => typeof api.authentication === 'object')!;
  const { definition } = resolveProvider(id, builtin, { definition: { api: { authentication: { query: 't' } } } });
  expect(definition.api.authentication).toEqual({ query: 't' });
});

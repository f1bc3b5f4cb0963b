import { describe, expect, it } from 'vitest';
import { builtinProviders } from '../../providers/builtin.ts';
import type {
  AccountMap,
  AnyDefinition,
  ClientAuthentication,
  OAuth2Protocol,
  ProtocolDefinition,
} from '../../providers/define.ts';
import { providerFixtures } from '../../providers/fixtures.ts';
import { providerContract } from './index.ts';

/* A contract test that cannot fail is worth nothing: every built-in definition is broken in every way that fits it. */

/** @returns the broken definition; null: there is nothing to break in this way */
type Mutation = (definition: AnyDefinition) => AnyDefinition | null;

const inOAuth2 =
  (change: (protocol: OAuth2Protocol) => Partial<OAuth2Protocol> | null): Mutation =>
  (definition) => {
    const { protocol } = definition;
    const changed = protocol.kind === 'oauth2' ? change(protocol) : null;
    return changed && { ...definition, protocol: { ...protocol, ...changed } as ProtocolDefinition };
  };

/** An endpoint of any protocol, by a letter too many. */
const mistyped =
  (...names: string[]): Mutation =>
  (definition) => {
    const protocol = definition.protocol as unknown as Record<string, unknown>;
    const name = names.find((candidate) => typeof protocol[candidate] === 'string');
    if (name === undefined) return null;
    const changed: unknown = { ...protocol, [name]: `${String(protocol[name])}s` };
    return { ...definition, protocol: changed as ProtocolDefinition };
  };

const otherAuthentication = (declared: OAuth2Protocol['clientAuthentication']): ClientAuthentication =>
  [declared].flat()[0] === 'client_secret_post' ? 'client_secret_basic' : 'client_secret_post';

const withOtherId =
  (map: AccountMap): AccountMap =>
  (answer, extra) => {
    const facts = typeof map === 'function' ? map(answer, extra) : { id: 'nobody' };
    return { ...facts, id: `${facts.id}0` };
  };

const mutations: Record<string, Mutation> = {
  'the authorization endpoint mistyped': mistyped('authorizationEndpoint'),
  'the token endpoint mistyped': mistyped('tokenEndpoint', 'accessTokenEndpoint'),
  'the request token endpoint mistyped': mistyped('requestTokenEndpoint'),
  'another client authentication': inOAuth2(({ clientAuthentication }) => ({
    clientAuthentication: otherAuthentication(clientAuthentication),
  })),
  'Basic form-encoded where the platform does not undo it': inOAuth2(({ clientAuthentication }) =>
    clientAuthentication === 'client_secret_basic_raw' ? { clientAuthentication: 'client_secret_basic' } : null,
  ),
  'PKCE where there is none, and none where there is': inOAuth2(({ pkce }) => ({
    pkce: pkce === 'none' ? 'S256' : 'none',
  })),
  'another separator of scopes': (definition) =>
    definition.protocol.kind === 'oauth2' && definition.scopes.required.length > 1
      ? { ...definition, scopes: { ...definition.scopes, separator: definition.scopes.separator === ',' ? ' ' : ',' } }
      : null,
  'a required scope forgotten': (definition) =>
    definition.scopes.required.length > 0
      ? { ...definition, scopes: { ...definition.scopes, required: definition.scopes.required.slice(1) } }
      : null,
  'further parameters of the authorization forgotten': inOAuth2(({ authorizationParameters }) =>
    authorizationParameters ? { authorizationParameters: {} } : null,
  ),
  // No sample can hold the state of a flow, see VK.
  'tolerances of the token answer forgotten': inOAuth2(({ tokenResponse = {} }) =>
    Object.keys(tokenResponse).some((name) => name !== 'state') ? { tokenResponse: {} } : null,
  ),
  'the second token request forgotten': inOAuth2(({ upgrade }) => (upgrade ? { upgrade: undefined } : null)),
  'the form of the renewal forgotten': inOAuth2(({ refreshRequest }) =>
    refreshRequest ? { refreshRequest: undefined } : null,
  ),
  'renewal declared where there is none, and none where there is': (definition) => ({
    ...definition,
    refresh: { ...definition.refresh, supported: definition.refresh?.supported === false },
  }),
  'rotation declared wrongly': (definition) => {
    const rotates = definition.refresh?.rotates;
    if (rotates === undefined || rotates === 'sometimes' || definition.refresh?.supported === false) return null;
    return { ...definition, refresh: { ...definition.refresh, rotates: rotates === 'always' ? 'never' : 'always' } };
  },
  'the revocation mistyped': (definition) => {
    const { protocol } = definition;
    const shape = protocol.kind === 'oauth2' ? protocol.revocation : undefined;
    if (!shape || shape === 'none' || !shape.endpoint) return mistyped('revocationEndpoint')(definition);
    const revocation = { ...shape, endpoint: `${shape.endpoint}s` };
    return { ...definition, protocol: { ...protocol, revocation } as OAuth2Protocol };
  },
  'the dialect of errors forgotten': (definition) =>
    definition.handleErrors?.length ? { ...definition, handleErrors: [] } : null,
  'a rule for errors that nothing needs': (definition) => ({
    ...definition,
    handleErrors: [...(definition.handleErrors ?? []), { phase: 'api', status: 418, is: 'bad-body' }],
  }),
  'the profile at another address': (definition) => ({
    ...definition,
    profile: { ...definition.profile, get: `${definition.profile.get}s`, otherwise: undefined },
  }),
  'the id read from the wrong place': (definition) =>
    typeof definition.accounts === 'object'
      ? { ...definition, accounts: { ...definition.accounts, map: withOtherId(definition.accounts.map) } }
      : definition.accounts
        ? null
        : { ...definition, profile: { ...definition.profile, map: withOtherId(definition.profile.map) } },
  // The usual Accept is sent without being declared.
  'headers of the API forgotten': (definition) =>
    Object.keys(definition.api.headers ?? {}).some((name) => name !== 'Accept')
      ? { ...definition, api: { ...definition.api, headers: undefined } }
      : null,
  'the way a token is presented forgotten': (definition) =>
    definition.api.authentication ? { ...definition, api: { ...definition.api, authentication: undefined } } : null,
  'what scopes permit left out': (definition) =>
    definition.scopes.required.length > 0 ? { ...definition, scopes: { ...definition.scopes, facts: {} } } : null,
  'the facts without a date': (definition) => ({ ...definition, facts: undefined }),
};

/** Without what is played, which takes longer and finds the same. */
const violationsOf = async (definition: AnyDefinition): Promise<string[]> => {
  const checks = providerContract(definition, providerFixtures[definition.id]!);
  const found = await Promise.all(
    checks.filter(({ name }) => !name.startsWith('played')).map((one) => one.violations()),
  );
  return found.flat();
};

describe('a definition that is broken', () => {
  it.each(Object.entries(mutations))('by %s is found out, whichever it is', async (_name, mutate) => {
    const broken = Object.values(builtinProviders).flatMap((definition) => mutate(definition) ?? []);
    expect(broken.length).toBeGreaterThan(0);
    const found = await Promise.all(broken.map(async (one) => ({ id: one.id, violations: await violationsOf(one) })));
    expect(found.filter(({ violations }) => violations.length === 0).map(({ id }) => id)).toEqual([]);
  });

  it('by any one rule for errors forgotten is found out by the samples', async () => {
    const found = await Promise.all(
      Object.values(builtinProviders).flatMap(({ handleErrors = [], ...definition }) =>
        handleErrors.map(async (rule, index) => {
          const broken = { ...definition, handleErrors: handleErrors.toSpliced(index, 1) };
          const checks = providerContract(broken, providerFixtures[definition.id]!);
          const violations = await checks.find(({ name }) => name === 'knows what each error means')!.violations();
          return { id: definition.id, rule, violations };
        }),
      ),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ violations }) => violations.length === 0)).toEqual([]);
  });
});

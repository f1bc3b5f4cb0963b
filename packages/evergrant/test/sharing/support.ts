import { vi } from 'vitest';
import { type ConnectionBody, type Harness, startHarness } from '../security/support.ts';

type Overrides = Record<string, unknown>;

/**
 * Two products of one platform, `acme` and `acme-pages`, which share an app there but not their scopes.
 *
 * @param both goes over both definitions
 * @param acme makes what goes over the first one
 * @param settings of both, beside the definition
 */
export const startProducts = async (
  both: Overrides,
  acme: (origin: string) => Overrides = () => ({}),
  settings: Overrides = {},
) => {
  const harness = await startHarness({ config: { engine: 'embedded' } });
  const { origin, client } = harness.stub;
  const product = (name: string, scopes: string[], own: Overrides = {}) => ({
    clientId: client.id,
    clientSecret: client.secret,
    ...settings,
    definition: {
      name,
      protocol: {
        kind: 'oauth2',
        authorizationEndpoint: `${origin}/authorize`,
        tokenEndpoint: `${origin}/token`,
        revocationEndpoint: `${origin}/revoke`,
      },
      scopes: { required: scopes },
      profile: { get: `${origin}/me`, map: { id: 'id', name: 'name' } },
      ...both,
      ...own,
    },
  });
  await harness.restart({
    providers: {
      acme: product('Acme', ['read', 'write'], acme(origin)),
      'acme-pages': product('Acme Pages', ['read', 'pages']),
    },
  });
  return harness;
};

/** Connects through one of the products; the connections that came out. */
export const login = async (
  harness: Harness,
  input: { provider?: string; owner?: string; scopes?: string[] },
  account = 'alice',
): Promise<ConnectionBody[]> => {
  const { started, authorizationUrl, browser } = await harness.begin(input);
  await browser.follow(harness.stub.consent(authorizationUrl, { account }));
  return (await harness.flow(started.id)).connections;
};

/** The access token of a connection. */
export const tokenOf = async (harness: Harness, { id }: ConnectionBody): Promise<string> =>
  (await harness.token(id)).data.access_token;

/** The platform refuses an access token from now on. */
export const kill = (harness: Harness, ...tokens: string[]): void =>
  harness.stub.answer('/me', (received) =>
    tokens.includes(received.headers.authorization?.replace('Bearer ', '') ?? '')
      ? { status: 401, body: { error: 'invalid_token' } }
      : harness.stub.behave(received),
  );

/** How often the platform was asked whose token this is. */
export const questionsAbout = (harness: Harness, token: string): number =>
  harness.stub.requestsTo('/me').filter(({ headers }) => headers.authorization === `Bearer ${token}`).length;

/** Lets the engine do what it does now and then, once or several times. */
export const pass = (harness: Harness, minutes = 0.3): void => harness.clock.advance(minutes * 60_000);

/** Waits until what is expected holds. */
export const soon = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 25 });

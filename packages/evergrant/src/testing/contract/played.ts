import { isEvergrantError } from '../../errors/index.ts';
import { createEvergrant, type Evergrant } from '../../evergrant.ts';
import type { AnyDefinition } from '../../providers/define.ts';
import type { ProviderFixture } from '../../providers/fixture.ts';
import { needsNoApp } from '../../providers/resolve.ts';
import type { Decision } from '../../sandbox/types.ts';
import { type Platforms, startPlatforms } from '../platforms.ts';
import { offersRevocation } from './definition.ts';
import { Findings } from './findings.ts';

/** The provider in a whole Evergrant, against the simulated platform. */
export interface Played {
  definition: AnyDefinition;
  fixture: ProviderFixture;
  platforms: Platforms;
  control: ReturnType<Platforms['control']>;
  evergrant: Evergrant;
  findings: Findings;
  connect(decision?: Decision): ReturnType<Platforms['connect']>;
  /** Connects one account. @throws Error when that does not succeed */
  connected(decision?: Decision): Promise<{ id: string }>;
}

const owner = 'contract';

export type PlayedStep = (played: Played) => Promise<void>;

/** Plays one step in an Evergrant of its own. @returns what was found wrong */
export const play = async (
  definition: AnyDefinition,
  fixture: ProviderFixture,
  step: PlayedStep,
): Promise<string[]> => {
  // Under an id of its own: settings are merged over a built-in definition, and this one must stand alone.
  const alone = { ...definition, id: `${definition.id}-played` };
  const platforms = await startPlatforms([{ definition: alone, fixture }]);
  const { clock, providers } = platforms;
  const config = {
    database: 'sqlite::memory:',
    publicUrl: 'http://localhost:3000',
    engine: 'none',
    providers,
  } as const;
  const evergrant = await createEvergrant(config, { clock });
  const findings = new Findings();
  const { id: provider } = alone;
  const connect = (decision?: Decision) => platforms.connect(evergrant, { provider, owner }, decision);
  const connected = async (decision?: Decision) => {
    const { status, error, connections } = await connect(decision);
    const [connection] = connections;
    if (!connection) throw new Error(`the flow ended as ${status}: ${error?.message ?? 'no account was connected'}`);
    return connection;
  };
  try {
    const control = platforms.control(provider);
    await step({ definition: alone, fixture, platforms, control, evergrant, findings, connect, connected });
  } catch (error) {
    findings.say(String(error));
  } finally {
    await evergrant.close();
    await platforms.close();
  }
  return findings.sentences;
};

/** Whether the simulated app can renew: there is a sample, and the platform itself gives what it needs. */
const isRenewable = ({ fixture }: Played): boolean =>
  fixture.refresh !== undefined && !fixture.variants?.some(({ unplayed }) => unplayed);

/** Lets a token become as old as the platform wants it before a renewal. */
const age = ({ definition, platforms }: Played): void => {
  const { minimumAgeSeconds = 0 } = definition.refresh ?? {};
  platforms.clock.advance((minimumAgeSeconds + 1) * 1000);
};

const codeOf = (call: Promise<unknown>): Promise<string | null> =>
  call.then(
    () => null,
    (error: unknown) => (isEvergrantError(error) ? error.code : String(error)),
  );

const statusOf = async ({ evergrant }: Played, id: string): Promise<string> =>
  (await evergrant.getConnection(id)).status;

export const connectsAndDisconnects: PlayedStep = async (played) => {
  const { definition, evergrant, control, findings } = played;
  await played.connected();
  const { data: connections } = await evergrant.listConnections({ owner });
  for (const { id, status, scopes } of connections) {
    findings.expect('a new connection', { status, missing: scopes.missing }, { status: 'active', missing: [] });
    await evergrant.disconnect(id);
  }
  // The last one takes the grant along.
  const revocations = control.log().filter(({ endpoint }) => endpoint === 'revoke');
  findings.expect(
    'revoked at the platform',
    revocations.length > 0,
    offersRevocation(definition) || isPushed(definition),
  );
};

const isPushed = ({ protocol }: AnyDefinition): boolean => protocol.kind === 'atproto';

export const declines: PlayedStep = async (played) => {
  const { definition, fixture, findings } = played;
  const { status, error } = await played.connect({ deny: true });
  findings.expect('a flow whose person declines', [status, error?.code ?? null], ['failed', 'consent_denied']);
  if (definition.protocol.kind !== 'oauth2') return;
  const { refusesWithoutState = false } = definition.protocol;
  findings.expect('refusesWithoutState', refusesWithoutState, fixture.callback.deniedWithoutState ?? false);
};

export const missesScopes: PlayedStep = async (played) => {
  const { definition, evergrant, control, findings } = played;
  const withheld = separable(played);
  if (withheld === undefined) return;
  control.behave({ withheldScopes: [withheld] });
  const { id } = await played.connected();
  const { status, scopes } = await evergrant.getConnection(id);
  const expected = { status: 'limited', missing: [withheld] };
  findings.expect(`${definition.name} without ${withheld}`, { status, missing: scopes.missing }, expected);
};

/** A required scope that may be missing without ending the sign-in; undefined: none, or nobody would be told. */
const separable = ({ definition, fixture }: Played): string | undefined => {
  const { required, facts = {}, grantedFrom } = definition.scopes;
  // The simulated app is one that may renew, where the platform gives refresh tokens to some apps only.
  const renewable = fixture.expected.refreshToken
    ? undefined
    : fixture.variants?.find((one) => one.expected.refreshToken);
  const { scopes: reported } = ((fixture.refresh && renewable) || fixture).expected;
  if (required.length < 2 || (!reported?.length && !grantedFrom)) return undefined;
  const implied = Object.values(facts).flatMap(({ implies = [] }) => implies);
  return required
    .filter((scope) => !implied.includes(scope) && !/^(atproto|openid|offline[._]access)$/.test(scope))
    .at(-1);
};

export const renews: PlayedStep = async (played) => {
  const { evergrant, control, findings } = played;
  const { id } = await played.connected();
  const renewed = async () => {
    age(played);
    return (await evergrant.refresh(id)).token.generation;
  };
  const renewable = isRenewable(played);
  findings.expect('renewals that took place', [await renewed(), await renewed()], renewable ? [2, 3] : [1, 1]);
  findings.expect('requests of renewal', control.tokenRequests().refresh, renewable ? 2 : 0);
  findings.expect('the status after it', await statusOf(played, id), 'active');
};

export const endsWithTheGrant: PlayedStep = async (played) => {
  const { evergrant, control, findings } = played;
  if (!isRenewable(played)) return;
  const { id } = await played.connected();
  control.revokeGrant();
  age(played);
  findings.expect('a renewal after the person has withdrawn', await codeOf(evergrant.refresh(id)), 'reauth_required');
  findings.expect('the status after it', await statusOf(played, id), 'reauth_required');
};

export const blamesTheApp: PlayedStep = async (played) => {
  const { definition, evergrant, platforms, findings } = played;
  const { id: provider } = definition;
  if (needsNoApp(definition) || !isRenewable(played) || !isAuthenticated(definition)) return;
  const { id } = await played.connected();
  const { clientId = '' } = platforms.providers[provider]!;
  await evergrant.apps.set(provider, { clientId, clientSecret: 'not the secret' });
  age(played);
  const code = await codeOf(evergrant.refresh(id));
  findings.expect('a renewal with a wrong secret', code, 'provider_app_credentials_invalid');
  findings.expect('the status after it', await statusOf(played, id), 'active');
};

/** Whether a renewal names the secret at all: Threads and Instagram renew by the token alone. */
const isAuthenticated = ({ protocol }: AnyDefinition): boolean =>
  protocol.kind === 'oauth2' &&
  protocol.clientAuthentication !== 'none' &&
  !protocol.refreshRequest?.omit?.includes('client_id');

export const waitsWhileLimited: PlayedStep = async (played) => {
  const { evergrant, control, platforms, findings } = played;
  if (!isRenewable(played)) return;
  const { id } = await played.connected();
  age(played);
  control.rateLimit(60);
  findings.expect('a renewal while limited', await codeOf(evergrant.refresh(id)), 'provider_rate_limited');
  findings.expect('the status meanwhile', await statusOf(played, id), 'active');
  platforms.clock.advance(61_000);
  findings.expect('a renewal after it', await codeOf(evergrant.refresh(id)), null);
};

export const outlivesAnOutage: PlayedStep = async (played) => {
  const { evergrant, control, platforms, findings } = played;
  if (!isRenewable(played)) return;
  const { id } = await played.connected();
  age(played);
  control.outage(true);
  findings.expect('a renewal while the platform is down', await codeOf(evergrant.refresh(id)), 'provider_unavailable');
  findings.expect('the status meanwhile', await statusOf(played, id), 'active');
  control.outage(false);
  platforms.clock.advance(600_000);
  findings.expect('a renewal after it', await codeOf(evergrant.refresh(id)), null);
};

import { type Fetch, listen, stopListening } from '../cli/listen.ts';
import type { Evergrant } from '../evergrant.ts';
import { builtinPlatform, builtinPlatforms, configFor, createSandbox } from '../sandbox/index.ts';
import type { Decision, Lifetimes, PlatformControl, SandboxPlatform } from '../sandbox/types.ts';
import type { ProviderConfig } from '../settings/config.ts';
import { createMovableClock, type MovableClock } from './movable-clock.ts';
import { walkFlow } from './walk.ts';

/** What is played: built-in providers by id, and others with their fixture. Default: every built-in one. */
export type PlatformSource = string | SandboxPlatform;

export interface PlatformsOptions {
  /**
   * How long tokens live, in seconds. Default: as long as each platform says, which a movable clock makes short; codes
   * live a minute.
   */
  lifetimes?: Lifetimes;
  /** Default: the time of day, from which it can be moved. `createManualClock()` stands still until it is. */
  clock?: MovableClock;
}

/** What {@link Platforms.connect} asks for. */
export type ConnectRequest = Parameters<Evergrant['connect']>[0] & { provider: string };

/** Simulated platforms on a free port of this computer. */
export interface Platforms extends AsyncDisposable {
  /** Of platforms and Evergrant: pass it to `createEvergrant(config, { clock })`. */
  readonly clock: MovableClock;
  /** The `providers` of a configuration of Evergrant, with an app at each of the platforms. */
  readonly providers: Record<string, ProviderConfig>;
  /** Where they are served. */
  readonly url: string;
  /**
   * The knobs of a platform: what it does wrong, and what it was asked.
   * @throws EvergrantError `provider_unknown` when it is not played
   */
  control(provider: string): PlatformControl;
  /**
   * Does what a person does on the consent page of a platform, for applications that are driven over HTTP.
   *
   * @param authorizationUrl to where the application sent the browser
   * @returns where the browser is sent then: the callback, with a code or an error
   */
  consent(authorizationUrl: string, decision?: Decision): Promise<string>;
  /**
   * Connects an account from the link to the end of the flow, as a person with a browser would. Every account that is
   * offered is chosen, unless the decision names some.
   *
   * @param evergrant its `publicUrl` must be on loopback, where nothing need listen
   * @returns the flow as it ended, `failed` or `expired` too
   */
  connect(
    evergrant: Pick<Evergrant, 'connect' | 'getFlow' | 'chooseAccounts' | 'handler' | 'settings'>,
    request: ConnectRequest,
    decision?: Decision,
  ): ReturnType<Evergrant['getFlow']>;
  close(): Promise<void>;
}

/**
 * Starts simulated platforms for the tests of an application: each is played from its fixture in its own manners, over
 * real HTTP on loopback. Nothing leaves the computer.
 *
 * @throws EvergrantError `provider_unknown` for an id that is not built in, `definition_invalid` when a definition
 *   cannot be played
 *
 * @example
 * const platforms = await startPlatforms(['linkedin', 'bluesky']);
 * const evergrant = await createEvergrant({ database: 'sqlite::memory:', publicUrl: 'http://localhost:3000', engine: 'none', providers: platforms.providers }, { clock: platforms.clock });
 * const { connections } = await platforms.connect(evergrant, { provider: 'linkedin', owner: 'user_42' });
 * platforms.clock.advance(61 * 24 * 60 * 60 * 1000);
 * platforms.control('linkedin').revokeGrant();
 */
export const startPlatforms = async (
  sources: PlatformSource[] = builtinPlatforms(),
  { lifetimes, clock = createMovableClock() }: PlatformsOptions = {},
): Promise<Platforms> => {
  const platforms = sources.map((source) => (typeof source === 'string' ? builtinPlatform(source) : source));
  let url = 'http://127.0.0.1';
  const sandbox = createSandbox({
    baseUrl: () => url,
    platforms,
    clock,
    lifetimes: { accessToken: 'documented', refreshToken: 'documented', ...lifetimes },
  });
  const listening = await listen(sandbox.fetch as Fetch, '127.0.0.1', 0);
  url = `http://127.0.0.1:${listening.port}`;
  const close = () => stopListening(listening.server, 0);
  return {
    clock,
    url,
    providers: Object.fromEntries(platforms.map((one) => [one.definition.id, configFor(sandbox, one)])),
    control: (provider) => sandbox.control(provider),
    consent: (authorizationUrl, decision) => sandbox.consent(authorizationUrl, decision),
    async connect(evergrant, request, decision) {
      const instance = request.instance ?? sandbox.instance(request.provider, decision?.name);
      const input = { skipConfirmation: true, ...request, ...(instance === null ? {} : { instance }) };
      return walkFlow(evergrant, input, (authorizationUrl) => sandbox.consent(authorizationUrl, decision), decision);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

import type { AnyDefinition, PartialDefinition, ProviderDefinition, Refresh } from '../providers/define.ts';
import type { ProviderFixture } from '../providers/fixture.ts';
import type { Clock } from '../telemetry/clock.ts';

/** A platform to play: what Evergrant knows about it, and what it really sends. */
export interface SandboxPlatform<Definition extends AnyDefinition = AnyDefinition> {
  definition: Definition;
  fixture: ProviderFixture;
}

/** Seconds. */
export interface Lifetimes {
  /** Default 120, so that a renewal can be watched. `documented`: what the fixture says. */
  accessToken?: number | 'documented';
  /** Of an authorization code. Default 60. */
  code?: number;
  /**
   * Default: no end. Counted as the definition's `refresh.lifetime` says: from the consent, or from the last renewal.
   * `documented`: as long as that, or as the fixture says.
   */
  refreshToken?: number | 'documented';
}

export interface SandboxOptions {
  /** Where browsers and Evergrant reach the sandbox, on loopback. A function where the port is not known yet. */
  baseUrl: string | (() => string);
  platforms: SandboxPlatform[];
  clock: Clock;
  /** Keeps grants over restarts. Absent: they live in memory. */
  stateFile?: string;
  lifetimes?: Lifetimes;
}

/** How a platform behaves; taken from its definition and changeable while it runs. */
export interface Behaviour extends Required<Pick<Refresh, 'rotates' | 'reuseRevokes' | 'graceSeconds'>> {
  accessTokenSeconds: number;
  refreshTokenSeconds: number | null;
  codeSeconds: number;
  /** Whether our app gets refresh tokens, at platforms that give them to some apps. Default true. */
  refreshTokens: boolean;
  /** Scopes that nobody is granted, whatever the person allows. Default: none. */
  withheldScopes: string[];
}

export type Endpoint = 'register' | 'request' | 'authorize' | 'token' | 'revoke' | 'api';

/** What the next request to an endpoint gets instead of, or on top of, the true answer. */
export interface ScriptedAnswer {
  /** Default `token`. */
  endpoint?: Endpoint;
  /** For so many requests. Default 1. */
  times?: number;
  /** Replaces the true answer. Default 200 where a body is given. */
  status?: number;
  /** Text is sent as it is, everything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  /** The answer is held back for so long, on the sandbox's clock. */
  delayMs?: number;
  /** `reset` cuts the connection, `hang` never answers. */
  fault?: 'reset' | 'hang';
  /** Whether the platform acts on the request before its answer is replaced: a rotation whose answer is lost. Default false. */
  processed?: boolean;
}

/** A request as the platform saw it. Tokens are named by {@link tokenId}, never shown. */
export interface LoggedRequest {
  /** Milliseconds since the epoch. */
  at: number;
  endpoint: Endpoint;
  method: string;
  /** As the platform's own URL, without the query. */
  url: string;
  grantType: string | null;
  /** Of the code, refresh token or access token that was presented. */
  tokenId: string | null;
  clientAuthentication: 'client_secret_basic' | 'client_secret_post' | 'none' | null;
  /** Null while it is unanswered. */
  outcome: number | 'reset' | 'hang' | null;
}

/** What a person decides on the consent page. */
export interface Decision {
  /** Default `Ada Example`. */
  name?: string;
  /** Default: all that were asked for. */
  scopes?: string[];
  /** Ids of the accounts that the application may use. Default: all. */
  accounts?: string[];
  deny?: boolean;
}

/** The knobs of one simulated platform. */
export interface PlatformControl {
  /** Queues answers; each endpoint takes its own in order. */
  answerNext(...answers: ScriptedAnswer[]): void;
  /** While on, everything but the consent page answers 503 and nothing is acted on. */
  outage(on: boolean): void;
  /**
   * For so long everything but the consent page is refused for want of patience, in the platform's own words, and
   * nothing is acted on. 0 ends it.
   * @param seconds on the sandbox's clock; told in `Retry-After`
   */
  rateLimit(seconds: number): void;
  /** Changes the behaviour from the next request on. */
  behave(changes: Partial<Behaviour>): void;
  /**
   * Ends every grant of a person, as one does in the platform's settings. Returns how many there were.
   * @param subject name or id at the platform; left out, everybody's
   */
  revokeGrant(subject?: string): number;
  /**
   * Lets tokens that were given so far run out now, before the time that was told. Returns of how many grants.
   * @param tokens `refresh`: what a renewal needs, and the access tokens with it. Default `access`
   */
  expire(subject?: string, tokens?: 'access' | 'refresh'): number;
  /** Ends outage, rate limit, queued answers and changed behaviour. What was revoked or ran out stays so. */
  restore(): void;
  /** Oldest first; the last 1,000 requests. */
  log(): LoggedRequest[];
  /** Token requests that arrived, by what they asked for. */
  tokenRequests(): { exchange: number; upgrade: number; refresh: number };
  /** Whether a refresh token (or the access token of a platform that renews by it) would be accepted now. */
  chain(token: string): boolean;
}

export interface Sandbox {
  /**
   * Answers as the simulated platforms. Mounted under the path of `baseUrl`.
   * @param bindings what `@hono/node-server` passes on; with it a scripted `reset` cuts the real connection
   */
  fetch: (request: Request, bindings?: NodeBindings) => Promise<Response>;
  /** Evergrant's `origins` setting: from each origin of the definition to where the sandbox plays it. */
  origins(providerId: string): Record<string, string>;
  /** The app that is registered at the simulated platform. */
  appFor(providerId: string): { clientId: string; clientSecret: string };
  /**
   * What the simulation does otherwise than the platform, for Evergrant's `definition` setting: no minimum age of tokens,
   * which live two minutes; the instance that is played, where there are several.
   */
  overrides(providerId: string): PartialDefinition;
  /** The provider `sandbox`: conforming, with PKCE and strictly rotating refresh tokens. Read it once the base URL is known. */
  readonly definition: ProviderDefinition;
  control(providerId: string): PlatformControl;
  /** What a person names where the platform has many instances: a host or a handle. Null: it has one. */
  instance(providerId: string, person?: string): string | null;
  /**
   * Does what a person does on the consent page at `authorizationUrl`.
   * @returns where the browser is sent: the callback with code or error
   */
  consent(authorizationUrl: string, decision?: Decision): Promise<string>;
}

export interface NodeBindings {
  incoming?: { socket: { resetAndDestroy(): unknown } };
}

/**
 * For tests of applications and of providers: simulated platforms, and the contract that every provider must keep.
 *
 * @module
 */
export type { ErrorSample, FixtureAnswer, ProviderFixture, RequestSample } from '../providers/fixture.ts';
export { builtinPlatforms } from '../sandbox/builtin.ts';
export type {
  Behaviour,
  Decision,
  Endpoint,
  Lifetimes,
  LoggedRequest,
  PlatformControl,
  SandboxPlatform,
  ScriptedAnswer,
} from '../sandbox/types.ts';
export { type ContractCheck, type ContractOptions, checkProvider, providerContract } from './contract/index.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
export { createMovableClock, type MovableClock } from './movable-clock.ts';
export {
  type ConnectRequest,
  type PlatformSource,
  type Platforms,
  type PlatformsOptions,
  startPlatforms,
} from './platforms.ts';

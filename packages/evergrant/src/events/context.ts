import type { Store } from '../store/index.ts';
import type { Clock } from '../telemetry/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Vault } from '../vault/index.ts';

/** What this room works with. */
export interface EventsContext {
  store: Store;
  vault: Vault;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** In [0, 1). */
  random(): number;
}

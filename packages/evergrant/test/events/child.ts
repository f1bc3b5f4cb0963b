/*
 * A process of an application that runs the library, with a clock that runs ahead of the real one.
 */
import { createEvergrant } from '../../src/evergrant.ts';
import type { EvergrantConfig } from '../../src/settings/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';

/** What the process is told. */
export interface Orders {
  config: EvergrantConfig;
  /** Milliseconds by which its clock runs ahead. */
  ahead: number;
}

const { config, ahead } = JSON.parse(process.env['EVENTS_TEST_ORDERS'] ?? '') as Orders;
const evergrant = await createEvergrant(config, { clock: { ...systemClock, now: () => Date.now() + ahead } });
process.stdout.write('ready\n');

const parent = process.ppid;
const watching = setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 500);
process.once('SIGTERM', () => {
  clearInterval(watching);
  void evergrant.close();
});

/*
 * A process of an application that runs the library, on a fast clock, and reads a token now and then. It writes down
 * each step of each renewal, and kills itself at the one that it is told.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createEvergrant } from '../../src/evergrant.ts';
import type { RenewalStep } from '../../src/grants/context.ts';
import { seededRandom } from '../support/random.ts';
import { createFastClock } from './clock.ts';
import type { Orders } from './fleet.ts';

const orders = JSON.parse(process.env['KILL_TEST_ORDERS'] ?? '') as Orders;
const log = openSync(orders.log, 'a');
const passed = new Map<RenewalStep, number>();

const step = (name: RenewalStep): void => {
  writeSync(log, `${name}\n`);
  const times = (passed.get(name) ?? 0) + 1;
  passed.set(name, times);
  const { dieAt } = orders;
  if (dieAt?.step !== name || dieAt.occurrence !== times) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment; nothing of this process may happen in it.
  for (;;);
};

const evergrant = await createEvergrant(orders.config, { clock: createFastClock(orders.clock), step });
process.stdout.write('ready\n');

let stopping = false;
process.once('SIGTERM', () => {
  stopping = true;
});
const random = seededRandom(orders.seed);
const parent = process.ppid;
while (!stopping && process.ppid === parent) {
  const id = orders.connections[Math.floor(random() * orders.connections.length)]!;
  evergrant.getAccessToken(id).catch(() => {});
  await pause(20);
}
await evergrant.close();

import { openStore } from '../store/index.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Arguments } from './arguments.ts';
import { readSettings } from './open.ts';
import type { Output } from './output.ts';

/** `evergrant migrate`: brings the schema up to date, as every start does, and nothing else. */
export const migrate = async (args: Arguments, output: Output): Promise<number> => {
  const { database } = (await readSettings(args)).settings;
  const store = await openStore(database, { clock: systemClock });
  await store.close();
  const { applied } = store;
  output.out(
    args.options.json
      ? JSON.stringify({ applied })
      : applied.length === 0
        ? 'The schema is up to date already'
        : `The schema is up to date now: ${applied.join(', ')}`,
  );
  return 0;
};

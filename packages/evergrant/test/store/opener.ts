/*
 * Run by the tests as a process of its own: opens the database that its argument names, and says how many migrations it
 * has seen.
 */
import { parseDatabase } from '../../src/settings/values.ts';
import { openStore } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';

const store = await openStore(parseDatabase(process.argv[2] ?? ''), { clock: systemClock });
const applied = await store.db
  .selectFrom('kysely_migration' as never)
  .selectAll()
  .execute();
process.stdout.write(`${applied.length}\n`);
await store.close();

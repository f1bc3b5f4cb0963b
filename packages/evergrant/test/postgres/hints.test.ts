import { expect, onTestFinished, test } from 'vitest';
import { openStore, type Store } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { until } from '../support/wait.ts';
import { describeWithOwnPostgres, type TestDatabase } from './support.ts';

const open = async (database: TestDatabase, heard?: (id: string) => void): Promise<Store> => {
  const store = await openStore({ kind: 'postgres', url: database.url }, { clock: systemClock, heard });
  onTestFinished(() => store.close());
  return store;
};

const listeners = `select pid from pg_stat_activity where datname = current_database() and query = 'listen evergrant'`;

describeWithOwnPostgres('what one process changes', (server) => {
  const createPair = async () => {
    const database = await server.createDatabase();
    const heard: string[] = [];
    const [speaker, listener] = [await open(database, () => {}), await open(database, (id) => heard.push(id))];
    await until('both listen', async () => (await database.query(listeners)).length === 2);
    return { database, heard, speaker, listener };
  };

  test('the others hear of, each once, however many there are', async () => {
    const { heard, speaker } = await createPair();
    const ids = Array.from({ length: 1000 }, (_, index) => `grant_${String(index).padStart(32, '0')}`);
    for (const id of ids) speaker.hints!.publish(id);
    for (const id of ids) speaker.hints!.publish(id);
    await until('the last of them', () => heard.includes(ids.at(-1)!));
    expect(heard).toEqual(ids);
  });

  test('the others hear of, when it closes right afterwards', async () => {
    const { database, heard } = await createPair();
    const leaving = await openStore({ kind: 'postgres', url: database.url }, { clock: systemClock, heard: () => {} });
    leaving.hints!.publish('last_words');
    await leaving.close();
    await until('its last words', () => heard.includes('last_words'));
  });

  test('is heard again after the listening connection broke', async () => {
    const { database, heard, speaker } = await createPair();
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query = 'listen evergrant'`,
    );
    await until('both listen again', async () => (await database.query(listeners)).length === 2);
    speaker.hints!.publish('again');
    await until('the hint', () => heard.includes('again'));
  });

  test('is heard again after the server was restarted, and what was said meanwhile is lost without a fault', async () => {
    const { database, heard, speaker } = await createPair();
    await server.stop();
    for (let count = 0; count < 500; count++) speaker.hints!.publish(`lost_${count}`);
    await server.start();
    await until('both listen again', async () => (await database.query(listeners)).length === 2);
    speaker.hints!.publish('again');
    await until('the hint', () => heard.includes('again'));
    // No connection is left over from the tries.
    await until('one listening connection for each', async () => (await database.query(listeners)).length === 2);
  });
});

import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type ConnectionBody, expectBody } from '../support/api.ts';
import { createInstallation, newEncryptionKey } from '../support/evergrant.ts';
import { startLoad } from '../support/load.ts';
import { connectPerson, startStub } from '../support/stub.ts';
import { until } from '../support/wait.ts';
import { describeWithPostgres, type TestDatabase } from './support.ts';
import { describeWithTools } from './tools.ts';

const people = 4;

/** For a machine that has much else to do. */
const patiently = { within: 60_000 };

describeWithTools('a dump of PostgreSQL', (run) => {
  describeWithPostgres('a dump of PostgreSQL', (server) => {
    test('taken under load and restored into an empty database, with the keys every connection works', async () => {
      const stub = await startStub();
      onTestFinished(() => stub.close());
      // Where refresh tokens rotate, what was renewed after the dump is spent: no backup helps there.
      stub.control.behave({ rotates: 'never' });
      const encryptionKeys = newEncryptionKey();
      const open = async (database: TestDatabase) => {
        const installation = await createInstallation({
          config: () => ({ encryptionKeys, providers: { sandbox: stub.provider() } }),
          environment: { DATABASE_URL: database.url.reveal() },
        });
        onTestFinished(() => installation.dispose());
        return { installation, service: await installation.start() };
      };
      const { installation, service } = await open(await server.createDatabase());
      const world = { stub, installation, encryptionKeys, dispose: async () => {} };
      const connections: ConnectionBody[] = [];
      for (let person = 0; person < people; person++) connections.push(await connectPerson(world, `person-${person}`));

      const busy = startLoad(installation, connections);
      await until('load', () => busy.renewed() > people, patiently);
      const file = join(installation.folder, 'evergrant.dump');
      // As docs/postgresql.md says it.
      const url = installation.environment['DATABASE_URL']!;
      await run('pg_dump', ['--format=custom', `--file=${file}`, url]);
      const after = busy.renewed();
      await until('load after the dump', () => busy.renewed() > after + people, patiently);
      expect(await busy.stop()).toEqual([]);
      await service.kill();

      const empty = await server.createDatabase();
      await run('pg_restore', ['--no-owner', `--dbname=${empty.url.reveal()}`, file]);
      const restored = await open(empty);
      const waiting: { retryable: boolean }[] = [];
      for (const { id, account } of connections) {
        const { account: same, status } = expectBody(await restored.installation.api.connection(id));
        expect({ same, status }).toEqual({ same: account, status: 'active' });
        const { generation } = expectBody(await restored.installation.api.token(id));
        const { body, problem } = await restored.installation.api.refresh(id);
        if (problem) waiting.push({ retryable: problem.retryable });
        else expect(body.token.generation).toBe(generation + 1);
      }
      // The dump may hold one renewal under way, whose outcome is not known: it waits before it is sent again.
      expect([[], [{ retryable: true }]]).toContainEqual(waiting);
      expect(await restored.service.stop()).toBe(0);
    }, 180_000);
  });
});

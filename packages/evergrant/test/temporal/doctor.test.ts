import { expect, test } from 'vitest';
import { freePort, host, type Installation, useInstallation } from '../support/evergrant.ts';
import type { RunningProcess } from '../support/process.ts';
import { until } from '../support/wait.ts';
import { describeWithTemporal } from './server.ts';

interface Finding {
  ok: boolean;
  about: string;
  says: string;
}

let serial = 0;

const install = (address: string, environment: Record<string, string> = {}): Promise<Installation> =>
  useInstallation({
    environment: {
      ENGINE: 'temporal',
      TEMPORAL_ADDRESS: address,
      TEMPORAL_TASK_QUEUE: `doctor-${process.pid}-${++serial}`,
      ...environment,
    },
  });

/** What `evergrant doctor` says of Temporal. */
const examine = async (installation: Installation, environment?: Record<string, string>) => {
  const { status, stdout, stderr } = await installation.run(['doctor', '--json'], environment);
  expect(stderr).toBe('');
  const findings = (JSON.parse(stdout) as Finding[]).filter(({ about }) => /^(Temporal|shard|task queue)/.test(about));
  return { status, findings, faults: findings.filter(({ ok }) => !ok) };
};

const startWorker = async (installation: Installation, ...args: string[]): Promise<RunningProcess> => {
  const worker = installation.launch(['worker', '--json', ...args]);
  await worker.says('Temporal is reached', 60_000);
  return worker;
};

const readiness = async (worker: RunningProcess): Promise<{ status: number; body: unknown }> => {
  const [, port] = /"port":(\d+)/.exec(worker.stdout())!;
  const answer = await fetch(`http://${host}:${port}/readyz`);
  return { status: answer.status, body: await answer.json() };
};

describeWithTemporal('evergrant doctor', (temporal) => {
  test('says that Temporal does not answer, or knows no such namespace, and what to do', async () => {
    const port = await freePort();
    const nobody = await examine(await install(`${host}:${port}`));
    expect(nobody).toMatchObject({ status: 1, findings: [{ ok: false, about: 'Temporal' }] });
    expect(nobody.faults[0]!.says).toMatch(new RegExp(`^${host}:${port} does not answer \\(.+\\); start it, or check`));

    const stranger = await examine(await install(temporal.address, { TEMPORAL_NAMESPACE: 'other' }));
    expect(stranger.faults).toEqual([
      {
        ok: false,
        about: 'Temporal',
        says: `${temporal.address} knows no namespace other; make it with \`temporal operator namespace create --namespace other\`, or mend TEMPORAL_NAMESPACE`,
      },
    ]);
  });

  test('says which shard does not run, and which task queue nobody polls', async () => {
    const installation = await install(temporal.address, { TEMPORAL_SHARDS: '2', TEMPORAL_GROUPS: 'eu=x' });
    const queue = installation.environment['TEMPORAL_TASK_QUEUE']!;
    const before = await examine(installation);
    expect(before.status).toBe(1);
    expect(before.faults.map(({ about, says }) => `${about}: ${says}`)).toEqual([
      `shard 0: there is no workflow ${queue}/refresh-shard/0; start \`evergrant worker\` or \`evergrant start\`, which starts it`,
      `shard 1: there is no workflow ${queue}/refresh-shard/1; start \`evergrant worker\` or \`evergrant start\`, which starts it`,
      `task queue ${queue}: no worker polls it, so its renewals wait; start \`evergrant worker\``,
      `task queue ${queue}-default: no worker polls it, so its renewals wait; start \`evergrant worker\``,
      `task queue ${queue}-eu: no worker polls it, so its renewals wait; start \`evergrant worker --groups eu\``,
    ]);

    const workers = [await startWorker(installation)];
    await until('a worker that polls', async () => (await examine(installation)).faults.length === 1, {
      within: 60_000,
    });
    expect((await examine(installation)).faults).toMatchObject([{ about: `task queue ${queue}-eu` }]);

    workers.push(await startWorker(installation, '--groups', 'eu'));
    await until('both', async () => (await examine(installation)).status === 0, { within: 60_000 });
    expect((await examine(installation)).findings.map(({ says }) => says)).toEqual([
      `${temporal.address} answers, and has the namespace default`,
      `the workflow ${queue}/refresh-shard/0 runs`,
      `the workflow ${queue}/refresh-shard/1 runs`,
      'one worker polls it',
      'one worker polls it',
      'one worker polls it',
    ]);

    // They would start it again.
    for (const worker of workers) {
      worker.signal('SIGKILL');
      await worker.ended;
    }
    await temporal.client.workflow.getHandle(`${queue}/refresh-shard/1`).terminate('by a test');
    const { faults } = await examine(installation);
    expect(faults).toMatchObject([{ about: 'shard 1', says: expect.stringContaining('does not run any more') }]);
  }, 180_000);

  test('a worker is not ready while Temporal does not answer, and an API is', async () => {
    const installation = await install(temporal.address);
    await temporal.kill();
    const worker = installation.launch(['worker', '--json', '--port', '0']);
    await worker.says('Temporal is not reached', 60_000);
    expect(await readiness(worker)).toMatchObject({ status: 503, body: { code: 'engine_stalled' } });
    await installation.start();
    expect((await installation.api.call('GET', '/readyz')).body).toMatchObject({ status: 'ok', engine: 'away' });
    await temporal.start();
    await until('the worker', async () => (await readiness(worker)).status === 200, { within: 60_000 });
    expect((await readiness(worker)).body).toMatchObject({ engine: 'ok' });
  }, 180_000);
});

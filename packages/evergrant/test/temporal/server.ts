import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, host } from '../support/evergrant.ts';
import { makeFolder } from '../support/folder.ts';
import { type RunningProcess, startProcess } from '../support/process.ts';
import { until } from '../support/wait.ts';

/*
 * A real Temporal server for the tests of one file: the program `temporal`, on the PATH or where TEMPORAL_CLI_PATH says.
 */

const program = process.env['TEMPORAL_CLI_PATH'] || 'temporal';

/** Where Go is, this gives the program; `.ci/run` does it. */
const absent =
  'These tests need a Temporal server: `go install github.com/temporalio/cli/cmd/temporal@v1.5.1` with Go 1.25 or newer, ' +
  'and set TEMPORAL_CLI_PATH unless the program is on the PATH.';

const isInstalled = (): boolean => spawnSync(program, ['--version']).status === 0;

export interface TemporalServer {
  readonly address: string;
  /** Sees what the server keeps, decoded by nothing. */
  readonly client: Client;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same file and port. */
  start(): Promise<void>;
}

/** A suite with a server. Where there is none it is skipped, loudly; where CI is set that is a failure. */
export const describeWithTemporal = (name: string, suite: (server: TemporalServer) => void): void => {
  if (isInstalled()) {
    describe(name, () => suite(useServer()));
    return;
  }
  console.warn(`SKIPPED “${name}”. ${absent}`);
  test(name, (context) => {
    if (process.env['CI']) expect.fail(absent);
    context.skip(absent);
  });
};

/** From the first test of a suite to its last; until then it is only a promise of one. */
const useServer = (): TemporalServer => {
  let server: Awaited<ReturnType<typeof boot>> | undefined;
  beforeAll(async () => {
    server = await boot();
  });
  afterAll(() => server?.close());
  return new Proxy({} as TemporalServer, {
    get: (_, name) => {
      if (!server) throw new Error('Temporal has not been started yet');
      return Reflect.get(server, name) as unknown;
    },
  });
};

export const boot = async () => {
  const folder = makeFolder();
  const port = await freePort();
  const address = `${host}:${port}`;
  let running: RunningProcess | null = null;
  const start = async (): Promise<void> => {
    const file = join(folder.path, 'temporal.db');
    running = startProcess(
      program,
      // It asks nobody outside of this machine whether there is a newer one.
      [
        'server',
        'start-dev',
        '--headless',
        '--ip',
        host,
        '--port',
        String(port),
        '--db-filename',
        file,
        '--log-level',
        'error',
      ],
      { cwd: folder.path, env: { TEMPORAL_ADDRESS: address } },
    );
    await until('Temporal', () => isServing(address), { within: 60_000, every: 100 });
  };
  const kill = async (): Promise<void> => {
    running?.signal('SIGKILL');
    await running?.ended;
  };
  await start();
  const connection = await NativeConnection.connect({ address });
  return {
    address,
    client: new Client({ connection, identity: 'test' }),
    start,
    kill,
    async close(): Promise<void> {
      await connection.close();
      await kill();
      folder.remove();
    },
  };
};

/** Listening is not enough: its namespace comes a moment later. */
const isServing = async (address: string): Promise<boolean> => {
  try {
    const connection = await NativeConnection.connect({ address });
    try {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
};

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { freePort } from './free-port.ts';

/** Temporal's development server: one process on an SQLite file. */
export interface TemporalServer {
  address: string;
  pid(): number;
  client: Client;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The program is `temporal` on the PATH, or what TEMPORAL_CLI_PATH names. */
export const startTemporal = async (): Promise<TemporalServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-temporal-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const args = [
    'server',
    'start-dev',
    '--headless',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--log-level',
    'error',
  ];
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    const program = process.env['TEMPORAL_CLI_PATH'] || 'temporal';
    child = spawn(program, [...args, '--db-filename', join(folder, 'temporal.db')], { stdio: 'ignore' });
    child.once('error', (error) => {
      throw new Error(`Temporal does not start, see docs/temporal.md: ${error.message}`);
    });
    while (!(await isServing(address))) await pause(100);
  };
  const kill = async (): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  const connection = await NativeConnection.connect({ address });
  return {
    address,
    pid: () => child.pid!,
    client: new Client({ connection }),
    start,
    kill,
    async stop() {
      await connection.close();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

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

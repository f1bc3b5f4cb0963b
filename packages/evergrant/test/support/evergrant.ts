import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { EvergrantConfig } from '../../src/settings/config.ts';
import { type Api, createApi } from './api.ts';
import { makeFolder } from './folder.ts';
import { type RunningProcess, type runProcess, startProcess } from './process.ts';

/** The program as users start it. */
export const program = fileURLToPath(new URL('../../bin/evergrant.js', import.meta.url));

/** Where every test process listens. */
export const host = '127.0.0.1';

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** A bootstrap key that no other test has. */
export const newApiKey = (): string => `eg_test_${randomBytes(24).toString('hex')}`;

/** One entry of `ENCRYPTION_KEYS`. */
export const newEncryptionKey = (id = 'k1'): string => `${id}:${randomBytes(32).toString('base64')}`;

/** A folder with settings, over any number of starts of `evergrant` in it. */
export interface Installation {
  readonly folder: string;
  readonly url: string;
  readonly port: number;
  readonly database: string;
  readonly environment: Record<string, string>;
  readonly apiKey: string;
  readonly api: Api;
  /** Starts the service and waits until it is ready. The process is killed when the test ends. */
  start(environment?: Record<string, string>): Promise<Service>;
  /** Runs one command to its end. */
  run(args: string[], environment?: Record<string, string>): ReturnType<typeof runProcess>;
  /** Starts a command and does not wait. */
  launch(args: string[], environment?: Record<string, string>): RunningProcess;
  /** What all its processes have written. */
  output(): string;
  /** Kills what runs and removes the folder. */
  dispose(): Promise<void>;
}

export interface Service extends RunningProcess {
  /** SIGTERM; the exit status. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface InstallationOptions {
  /** No settings but the address: as a newcomer starts it. */
  bare?: boolean;
  /** Content of the JSON file that `--config` names; it may use the address, which is not known before. */
  config?: (url: string) => EvergrantConfig | Promise<EvergrantConfig>;
  environment?: Record<string, string>;
}

/** An installation until the test ends. */
export const useInstallation = async (options: InstallationOptions = {}): Promise<Installation> => {
  const installation = await createInstallation(options);
  onTestFinished(() => installation.dispose());
  return installation;
};

/** What these suites search for secrets should hold as much as can be written. */
const loudest = { LOG_LEVEL: 'trace' };

/** An installation; the caller disposes of it. */
export const createInstallation = async (options: InstallationOptions = {}): Promise<Installation> => {
  const { path: folder, remove } = makeFolder();
  const port = await freePort();
  const url = `http://${host}:${port}`;
  const apiKey = newApiKey();
  const processes: RunningProcess[] = [];
  const configuration: string[] = [];
  if (options.config) {
    const content = await options.config(url);
    const file = join(folder, 'settings.json');
    writeFileSync(file, JSON.stringify({ publicUrl: url, apiKey, ...content }, null, 2));
    configuration.push('--config', file);
  }
  const environment: Record<string, string> = {
    ...(options.bare ? { PUBLIC_URL: url } : loudest),
    ...(options.bare || options.config ? {} : { PUBLIC_URL: url, EVERGRANT_API_KEY: apiKey }),
    ...options.environment,
  };

  const launch = (args: string[], more: Record<string, string> = {}): RunningProcess => {
    const started = startProcess(process.execPath, [program, ...args, ...configuration], {
      cwd: folder,
      env: { ...environment, ...more },
    });
    processes.push(started);
    return started;
  };

  return {
    folder,
    url,
    port,
    database: join(folder, 'data', 'evergrant.db'),
    environment,
    apiKey,
    api: createApi(url, apiKey),
    launch,
    async start(more) {
      const running = launch(['start'], more);
      await running.says('Evergrant is ready', 50_000);
      return {
        ...running,
        async stop() {
          running.signal('SIGTERM');
          return (await running.ended).status;
        },
        async kill() {
          running.signal('SIGKILL');
          await running.ended;
        },
      };
    },
    async run(args, more) {
      const running = launch(args, more);
      const { status } = await running.ended;
      return { status, stdout: running.stdout(), stderr: running.stderr() };
    },
    output: () => processes.map((running) => running.output()).join('\n'),
    async dispose() {
      for (const running of processes) running.signal('SIGKILL');
      await Promise.all(processes.map((running) => running.ended));
      remove();
    },
  };
};

import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wait.ts';

/** A process that a test started, with everything it has written. */
export interface RunningProcess {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Both streams, for a search for what must not be there. */
  output(): string;
  /** Resolves when the process has gone and its streams are read. Status is null when a signal ended it. */
  readonly ended: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
  hasEnded(): boolean;
  signal(name: NodeJS.Signals): void;
  /** Waits for a line on either stream. */
  says(text: string | RegExp, within?: number): Promise<void>;
}

export interface SpawnOptions {
  cwd: string;
  env?: Record<string, string | undefined>;
  /** A process group of its own, which {@link RunningProcess.signal} then reaches as a whole. */
  group?: boolean;
}

/**
 * Starts a process with a bare environment: nothing of the developer's own settings reaches it. Node's compile cache in
 * its usual place makes the many starts of these suites cheaper.
 */
export const startProcess = (command: string, args: string[], options: SpawnOptions): RunningProcess => {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: options.cwd,
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.group === true,
  });
  return observe(child, options.group === true);
};

const observe = (child: ChildProcess, isGroup: boolean): RunningProcess => {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
    });
  }
  let over = false;
  const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      over = true;
      resolve({ status, signal });
    });
  });
  // Whoever never waits for the end must not be hit by a start that failed.
  ended.catch(() => {});
  const output = () => written.stdout + written.stderr;
  return {
    pid: child.pid ?? -1,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    output,
    ended,
    hasEnded: () => over,
    signal(name) {
      if (over || child.pid === undefined) return;
      try {
        process.kill(isGroup ? -child.pid : child.pid, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
    async says(text, within) {
      const said = () => (typeof text === 'string' ? output().includes(text) : text.test(output()));
      await until(`output of ${String(text)}`, () => said() || over, { within });
      if (!said()) throw new Error(`The process ended without saying ${String(text)}:\n${output()}`);
    },
  };
};

/** Runs a process to its end. */
export const runProcess = async (
  command: string,
  args: string[],
  options: SpawnOptions,
): Promise<{ status: number | null; stdout: string; stderr: string }> => {
  const running = startProcess(command, args, options);
  const { status } = await running.ended;
  return { status, stdout: running.stdout(), stderr: running.stderr() };
};

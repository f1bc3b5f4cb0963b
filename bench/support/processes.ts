import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What one measurement says; times in microseconds. */
export interface Measured {
  reads: number;
  perSecond: number;
  p50: number;
  p99: number;
}

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Runs a script that prints one line of JSON. */
export const measure = async (
  file: string,
  args: (string | number)[],
  environment: Record<string, string> = {},
): Promise<Measured> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=evergrant-source', pathOf(file), ...args.map(String)],
    { env: { PATH: process.env['PATH'], ...environment } },
  );
  return JSON.parse(stdout) as Measured;
};

/** Runs a program of ours to its end, and gives what it printed. */
export const runToEnd = async (file: string, args: string[], environment: Record<string, string>): Promise<string> => {
  const env = { PATH: process.env['PATH'], ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, [pathOf(file), ...args], { cwd: tmpdir(), env });
  return stdout;
};

/** Starts a server and waits until it says that it is ready. */
export const serve = async (
  file: string,
  args: string[],
  environment: Record<string, string>,
): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [pathOf(file), ...args], {
    // Where no configuration file lies.
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('is ready')) resolve();
    });
    child.once('exit', (status) => reject(new Error(`${file} ended with status ${status}`)));
  });
  return child;
};

/** Microseconds of processor time that a process has used; 0 where the system does not tell (anything but Linux). */
export const processorTime = (pid: number | undefined): number => timesOf(pid).own;

/**
 * What a process has used, and what those of its children have that ended, in microseconds of processor time.
 *
 * @returns nothing used where the system does not tell
 */
export const timesOf = (pid: number | undefined): { own: number; ofEndedChildren: number } => {
  try {
    const [user, system, childrensUser, childrensSystem] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
      .slice(11)
      .map(Number) as [number, number, number, number];
    // In ticks, of which Linux has 100 a second (proc(5)).
    return { own: (user + system) * 10_000, ofEndedChildren: (childrensUser + childrensSystem) * 10_000 };
  } catch {
    return { own: 0, ofEndedChildren: 0 };
  }
};

/** Ends a server and waits until it has gone. */
export const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
};

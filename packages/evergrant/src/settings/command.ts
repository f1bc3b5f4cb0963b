import { spawn } from 'node:child_process';
import { Refusal } from './errors.ts';

/** Commands that ask a remote store, perhaps after signing in there, take seconds. */
const patience = 30_000;
const mostBytes = 64 * 1024;

/**
 * What a command prints on standard output. It runs in the shell, as its operator would type it; what it says on standard
 * error goes where our own does.
 *
 * @throws Refusal that repeats neither the command nor its output
 */
export const outputOf = (command: string, cwd: string, env: Readonly<Record<string, string | undefined>>) =>
  new Promise<string>((resolve, reject) => {
    // A group of its own, so that what the shell has started ends with it.
    const child = spawn(command, { shell: true, cwd, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    let output = '';
    const refuse = (reason: string): void => {
      reject(new Refusal(reason));
      end(child.pid);
    };
    const timer = setTimeout(() => refuse(`has not ended within ${patience / 1000} seconds`), patience);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > mostBytes) refuse(`prints more than ${mostBytes / 1024} KiB`);
    });
    child.once('error', (error: NodeJS.ErrnoException) => refuse(`cannot be run (${error.code ?? error.name})`));
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) resolve(output);
      else reject(new Refusal(`failed (${status === null ? `ended by ${signal}` : `exit status ${status}`})`));
    });
  });

const end = (pid: number | undefined): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, or the system has no groups of processes.
  }
};

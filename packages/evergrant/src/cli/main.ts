import { isEvergrantError } from '../errors/index.ts';
import { SettingsError } from '../settings/index.ts';
import { version } from '../telemetry/version.ts';
import { type Arguments, readArguments, UsageError } from './arguments.ts';
import { backUp } from './backup.ts';
import { connect } from './connect.ts';
import { listConnections } from './connections.ts';
import { doctor } from './doctor.ts';
import { importFile } from './import.ts';
import { manageKeys } from './keys.ts';
import { migrate } from './migrate.ts';
import { type Output, processOutput } from './output.ts';
import { sandbox } from './sandbox.ts';
import { start } from './start.ts';
import { printToken } from './token.ts';
import { checkUsage } from './usage.ts';
import { manageVault } from './vault.ts';
import { worker } from './worker.ts';

const help = `evergrant ${version}: connects accounts over OAuth and keeps the connections alive

  evergrant start                         serve the API and the connect pages
  evergrant worker                        renew for ENGINE=temporal, apart from the API (--groups, --port)
  evergrant connect PROVIDER --owner O    connect an account in the browser, print the connection
                                          (--instance HOST at platforms of many servers)
  evergrant connections                   list connections (--owner, --provider, --status)
  evergrant token CONNECTION              print a valid access token (--min-valid SECONDS)
  evergrant import FILE                   connect accounts by tokens of another system, one JSON object a line
                                          (--dry-run, --report FILE, --state FILE, --concurrency N)
  evergrant keys                          list, create and revoke API keys
  evergrant vault                         make an encryption key, seal everything anew with it, say which are in use
  evergrant backup FILE                   copy the SQLite database while the service goes on
  evergrant migrate                       bring the schema of the database up to date, as every start does
  evergrant sandbox [PROVIDER...]         serve simulated platforms for tests and trials, without settings
                                          (--port N, --token-life SECONDS, --state FILE)
  evergrant doctor                        check settings, database, key, apps and Temporal

Options of every command:
  --config FILE   another configuration file than evergrant.config.{ts,mjs,js,json}; not of sandbox
  --json          print JSON
  --help, --version`;

type Command = (args: Arguments, output: Output) => Promise<number>;

const commands: Record<string, Command> = {
  start,
  worker,
  connect,
  connections: listConnections,
  token: printToken,
  backup: backUp,
  migrate,
  doctor,
  import: importFile,
  keys: manageKeys,
  vault: manageVault,
  sandbox,
  async help(_, output) {
    output.out(help);
    return 0;
  },
  async version(_, output) {
    output.out(version);
    return 0;
  },
};

/**
 * Runs the command line.
 *
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage
 */
export const main = async (argv: string[], output: Output = processOutput): Promise<number> => {
  // The product's timers keep no process alive, since a library must not. A command lives until it is done.
  const alive = setInterval(() => {}, 60_000);
  try {
    const args = readArguments(argv);
    const command = Object.hasOwn(commands, args.command) ? commands[args.command] : undefined;
    if (!command) throw new UsageError(`There is no command "${args.command}"`);
    if (args.options.help) return await commands['help']!(args, output);
    if (args.options.version) return await commands['version']!(args, output);
    checkUsage(args);
    return await command(args, output);
  } catch (error) {
    return report(error, argv.includes('--json'), output);
  } finally {
    clearInterval(alive);
  }
};

/** One message that names the fault and the cure; never a stack trace. */
const report = (error: unknown, json: boolean, output: Output): number => {
  if (error instanceof UsageError) {
    output.err(`${error.message}\n\n${help}`);
    return 2;
  }
  const ours = isEvergrantError(error) ? error : null;
  if (json) {
    const code = ours?.code ?? (error instanceof SettingsError ? 'settings' : 'internal');
    output.err(JSON.stringify({ error: { code, message: messageOf(error) } }));
  } else {
    // A detail names the cure of this very fault; the catalogue's is for where there is none.
    output.err(ours && ours.detail === undefined ? `${messageOf(error)}\n${ours.entry.cure}` : messageOf(error));
  }
  return 1;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

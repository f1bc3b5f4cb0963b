import { type Arguments, UsageError } from './arguments.ts';

type Option = keyof Arguments['options'];

/** The commands to which an option belongs; one that stands nowhere here belongs to all. */
const commandsOf: Partial<Record<Option, string[]>> = {
  owner: ['connect', 'connections', 'keys'],
  instance: ['connect'],
  scopes: ['connect'],
  noOpen: ['connect'],
  provider: ['connections'],
  status: ['connections'],
  minValid: ['token'],
  permissions: ['keys'],
  groups: ['worker'],
  port: ['worker', 'sandbox'],
  tokenLife: ['sandbox'],
  dryRun: ['import'],
  report: ['import'],
  state: ['import', 'sandbox'],
  concurrency: ['import'],
};

/** How many words may follow a command. */
const mostWords: Record<string, number> = {
  start: 0,
  worker: 0,
  connections: 0,
  doctor: 0,
  connect: 1,
  token: 1,
  import: 1,
};

/** What to do instead of a word or option that a command does not know. */
const hints: Partial<Record<Option, string>> = {
  port: 'The port is set by PORT, and with it PUBLIC_URL',
};

/**
 * Refuses what a command would pass over: whoever writes it believes that it does something.
 *
 * @throws UsageError
 */
export const checkUsage = ({ command, positionals, options }: Arguments): void => {
  for (const [option, commands] of Object.entries(commandsOf) as [Option, string[]][]) {
    const isGiven = options[option] !== undefined && options[option] !== false;
    if (!isGiven || commands.includes(command)) continue;
    const name = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const hint = hints[option] ? `. ${hints[option]}` : '';
    throw new UsageError(`evergrant ${command} has no option ${name}${hint}`);
  }
  const extra = positionals[mostWords[command] ?? Infinity];
  if (extra !== undefined) throw new UsageError(`evergrant ${command} does not know what to do with "${extra}"`);
};

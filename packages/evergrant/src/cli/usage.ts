import { type Arguments, UsageError } from './arguments.ts';

type Option = keyof Arguments['options'];

/** Commands whose first word says what they do, with what they do without one. */
const actions: Record<string, string> = { keys: 'list', vault: '' };

/** The commands to which an option belongs; one that stands nowhere here belongs to all. */
const commandsOf: Partial<Record<Option, string[]>> = {
  owner: ['connect', 'connections', 'keys create'],
  instance: ['connect'],
  scopes: ['connect'],
  noOpen: ['connect'],
  provider: ['connections'],
  status: ['connections'],
  minValid: ['token'],
  permissions: ['keys create'],
  groups: ['worker'],
  port: ['worker', 'sandbox'],
  tokenLife: ['sandbox'],
  dryRun: ['import'],
  report: ['import'],
  state: ['import', 'sandbox'],
  concurrency: ['import'],
  wrap: ['vault new-key'],
};

/** The one command to which an option of all others does not belong. */
const exceptOf: Partial<Record<Option, string>> = { config: 'sandbox' };

/** How many words may follow a command, beside the one that says what it does. */
const mostWords: Record<string, number> = {
  start: 0,
  worker: 0,
  connections: 0,
  doctor: 0,
  connect: 1,
  token: 1,
  import: 1,
  migrate: 0,
  'keys list': 0,
  'keys create': 1,
  'keys revoke': 1,
  'vault status': 0,
  'vault rotate': 0,
  'vault new-key': 1,
};

/** What to do instead of a word or option that a command does not know. */
const hints: Partial<Record<Option, string>> = {
  port: 'The port is set by PORT, and with it PUBLIC_URL',
  config: 'It reads no settings',
};

/**
 * Refuses what a command would pass over: whoever writes it believes that it does something.
 *
 * @throws UsageError
 */
export const checkUsage = ({ command, positionals, options }: Arguments): void => {
  const action = command in actions ? (positionals[0] ?? actions[command]) : null;
  const name = action ? `${command} ${action}` : command;
  // What there is to be done is said by the command itself, to whoever names something else.
  if (action !== null && mostWords[name] === undefined) return;
  for (const option of Object.keys(options) as Option[]) {
    const isGiven = options[option] !== undefined && options[option] !== false;
    const belongs = commandsOf[option]?.includes(name) ?? exceptOf[option] !== name;
    if (!isGiven || belongs) continue;
    const flag = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const hint = hints[option] ? `. ${hints[option]}` : '';
    throw new UsageError(`evergrant ${name} has no option ${flag}${hint}`);
  }
  const words = action === null ? positionals : positionals.slice(1);
  const extra = words[mostWords[name] ?? Infinity];
  if (extra !== undefined) throw new UsageError(`evergrant ${name} does not know what to do with "${extra}"`);
};

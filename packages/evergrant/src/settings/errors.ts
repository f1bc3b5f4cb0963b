import { sanitise } from '../errors/index.ts';

/**
 * Settings that cannot be used. The message lists every fault: the variable or configuration path, what is wrong
 * with the value, and an example. Values of secrets are never part of it.
 */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly string[];

  /** @param configFile the file that was read, to be named in the message */
  constructor(faults: readonly string[], configFile?: string | null) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
    const where = configFile ? ` (configuration file: ${configFile})` : '';
    super(`The settings have ${count}${where}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** Why one value is refused, in words that follow the name of the setting. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** What is written about one setting: its name, the fault, an example. */
export const fault = (label: string, reason: string, example?: string): string =>
  `${label}: ${reason}${example ? `. Example: ${example}` : ''}`;

/** Runs a check and keeps its refusal among the faults. Undefined when it was refused. */
export const attempt = <T>(
  faults: string[],
  check: () => T,
  describe: (reason: string) => string = (reason) => reason,
): T | undefined => {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    faults.push(describe(error.message));
    return undefined;
  }
};

/** A value that is no secret, quoted for a message: credentials, query and fragment of a URL are left out. */
export const shown = (text: string): string =>
  JSON.stringify(sanitise(text.replace(/[?#].*$/s, '?…').replace(/^(\w+:\/\/)?.*@/s, '$1…@'), 80));

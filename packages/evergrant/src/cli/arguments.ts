import { parseArgs } from 'node:util';

/** Wrong usage of the command line: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Arguments {
  command: string;
  /** What follows the command, without its options. */
  positionals: string[];
  options: {
    config?: string;
    json: boolean;
    owner?: string;
    instance?: string;
    scopes?: string[];
    permissions?: string[];
    groups?: string[];
    port?: number;
    tokenLife?: number;
    minValid?: number;
    provider?: string;
    status?: string;
    noOpen: boolean;
    dryRun: boolean;
    report?: string;
    state?: string;
    concurrency?: number;
    wrap?: string;
    help: boolean;
    version: boolean;
  };
}

/** @throws UsageError for an option that does not exist or lacks its value */
export const readArguments = (argv: string[]): Arguments => {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        json: { type: 'boolean', default: false },
        owner: { type: 'string' },
        instance: { type: 'string' },
        scopes: { type: 'string' },
        permissions: { type: 'string' },
        groups: { type: 'string' },
        port: { type: 'string' },
        'token-life': { type: 'string' },
        'min-valid': { type: 'string' },
        provider: { type: 'string' },
        status: { type: 'string' },
        'no-open': { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        report: { type: 'string' },
        state: { type: 'string' },
        concurrency: { type: 'string' },
        wrap: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'v', default: false },
      },
    });
    const [command = values.help ? 'help' : values.version ? 'version' : 'help', ...rest] = positionals;
    return {
      command,
      positionals: rest,
      options: {
        config: values.config,
        json: values.json,
        owner: values.owner,
        instance: values.instance,
        scopes: listOf(values.scopes),
        permissions: listOf(values.permissions),
        port: portOf(values.port),
        tokenLife: countOf('--token-life', values['token-life']),
        groups: listOf(values.groups),
        minValid: numberOf('--min-valid', values['min-valid']),
        dryRun: values['dry-run'],
        report: values.report,
        state: values.state,
        concurrency: countOf('--concurrency', values.concurrency),
        wrap: values.wrap,
        provider: values.provider,
        status: values.status,
        noOpen: values['no-open'],
        help: values.help,
        version: values.version,
      },
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

const listOf = (text: string | undefined): string[] | undefined => text?.split(/[\s,]+/).filter(Boolean);

const numberOf = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(`${name} must be a number of seconds`);
};

const countOf = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UsageError(`${name} must be a whole number from 1 on`);
};

const portOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError('--port must be a whole number from 0 to 65535, where 0 means a free one');
};

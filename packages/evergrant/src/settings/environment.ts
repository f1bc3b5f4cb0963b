import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { outputOf } from './command.ts';
import { fault, Refusal } from './errors.ts';
import { didYouMean } from './suggest.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variables of one provider's app. */
export interface AppVariables {
  clientId: string[];
  clientSecret: string[];
  scopes: string[];
}

/** X's OAuth 1.0a calls its credentials "API key" and "API secret", and so do the people who have them. */
const furtherNames: Record<string, Partial<AppVariables>> = {
  'x-oauth1': { clientId: ['X_API_KEY'], clientSecret: ['X_API_SECRET'] },
};

/** `linkedin-page` → `LINKEDIN_PAGE_CLIENT_ID` …, the preferred name first. */
export const appVariables = (provider: string): AppVariables => {
  const prefix = provider.toUpperCase().replaceAll('-', '_');
  const further = furtherNames[provider];
  return {
    clientId: [`${prefix}_CLIENT_ID`, ...(further?.clientId ?? [])],
    clientSecret: [`${prefix}_CLIENT_SECRET`, ...(further?.clientSecret ?? [])],
    scopes: [`${prefix}_SCOPES`],
  };
};

/** The value of the first of these variables that is set; an empty one counts as absent. */
export const lookUp = (env: Environment, names: readonly string[]): { name: string; text: string } | undefined => {
  for (const name of names) {
    const text = env[name]?.trim();
    if (text) return { name, text };
  }
  return undefined;
};

/** Where else a secret may stand than in its variable. */
const sources: Source[] = [
  {
    suffix: '_FILE',
    read: (path, cwd) => readFile(resolve(cwd, path), 'utf8'),
    empty: 'names an empty file',
    example: (name) => `/run/secrets/${name.toLowerCase()}`,
  },
  {
    suffix: '_COMMAND',
    read: outputOf,
    empty: 'prints nothing',
    example: (name) => `'vault kv get -field=value secret/${name.toLowerCase()}'`,
  },
];

interface Source {
  suffix: string;
  /** @param value of the variable */
  read(value: string, cwd: string, env: Environment): Promise<string>;
  /** Said where there is nothing. */
  empty: string;
  example(name: string): string;
}

/** How a message calls a variable, so that a value from a file or a command is looked for where it stands. */
export const variableLabel = (env: Environment, name: string): string => {
  const source = sources.find(({ suffix }) => env[name + suffix]?.trim());
  return source ? `${name} (read from ${name}${source.suffix})` : name;
};

/**
 * Reads `NAME_FILE`, as container platforms mount them, or what `NAME_COMMAND` prints, into `NAME` for everything that
 * may be a secret.
 *
 * @param cwd relative paths start here, and commands run there
 * @param faults gets what cannot be read; neither path nor command is repeated, because people put the secret itself there
 */
export const withSecrets = async (
  env: Environment,
  cwd: string,
  providers: readonly string[],
  faults: string[],
): Promise<Environment> => {
  const apps = providers.map(appVariables);
  const names = new Set([
    ...['EVERGRANT_API_KEY', 'ENCRYPTION_KEYS', 'DATABASE_URL', 'TEMPORAL_API_KEY'],
    ...apps.flatMap((variables) => [...variables.clientId, ...variables.clientSecret]),
  ]);
  const read: Record<string, string> = {};
  for (const name of names) {
    const given = sources.filter(({ suffix }) => env[name + suffix]?.trim());
    const [source] = given;
    if (!source) continue;
    const written = [...(env[name]?.trim() ? [name] : []), ...given.map(({ suffix }) => name + suffix)];
    if (written.length > 1) {
      faults.push(`${written[0]}: is given together with ${written.slice(1).join(' and ')}; give only one of them`);
      continue;
    }
    const variable = name + source.suffix;
    const refuse = (reason: string): void =>
      void faults.push(fault(variable, reason, `${variable}=${source.example(name)}`));
    try {
      read[name] = (await source.read(env[variable]!.trim(), cwd, env)).trim();
      if (read[name] === '') refuse(source.empty);
    } catch (error) {
      refuse(reasonOf(error));
    }
  }
  return { ...env, ...read };
};

const reasonOf = (error: unknown): string => {
  if (error instanceof Refusal) return error.message;
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  return `names a file that cannot be read (${code})`;
};

/** Warns of client ids that nobody reads: most are typing mistakes, some belong to other programs. */
export const unknownApps = (env: Environment, providers: readonly string[]): string[] => {
  const known = new Set(providers.flatMap((provider) => appVariables(provider).clientId));
  const further = Object.values(furtherNames).flatMap((names) => names.clientId ?? []);
  const meant = (name: string): string => didYouMean(name.replace(/_CLIENT_ID$/, ''), providers);
  return Object.keys(env)
    .filter((name) => (name.endsWith('_CLIENT_ID') || further.includes(name)) && env[name]?.trim() && !known.has(name))
    .map((name) => `${name} belongs to no known provider and is ignored${meant(name)}`);
};

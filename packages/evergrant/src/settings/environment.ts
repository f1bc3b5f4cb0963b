import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
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

/** How a message calls a variable, so that a value from a file is looked for where it stands. */
export const variableLabel = (env: Environment, name: string): string =>
  env[`${name}_FILE`]?.trim() ? `${name} (read from ${name}_FILE)` : name;

/**
 * Reads `NAME_FILE` into `NAME` for everything that may be a secret, as container platforms mount them.
 *
 * @param cwd relative paths start here
 * @param faults gets what cannot be read; the path is not repeated, because people put the secret itself there
 */
export const withSecretFiles = async (
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
    const file = env[`${name}_FILE`]?.trim();
    if (!file) continue;
    if (env[name]?.trim()) {
      faults.push(`${name}: is given together with ${name}_FILE; give only one of them`);
      continue;
    }
    try {
      read[name] = (await readFile(resolve(cwd, file), 'utf8')).trim();
      if (read[name] === '') faults.push(`${name}_FILE: names an empty file. Example: ${exampleFile(name)}`);
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      faults.push(`${name}_FILE: names a file that cannot be read (${code}). Example: ${exampleFile(name)}`);
    }
  }
  return { ...env, ...read };
};

const exampleFile = (name: string): string => `${name}_FILE=/run/secrets/${name.toLowerCase()}`;

/** Warns of client ids that nobody reads: most are typing mistakes, some belong to other programs. */
export const unknownApps = (env: Environment, providers: readonly string[]): string[] => {
  const known = new Set(providers.flatMap((provider) => appVariables(provider).clientId));
  const further = Object.values(furtherNames).flatMap((names) => names.clientId ?? []);
  const meant = (name: string): string => didYouMean(name.replace(/_CLIENT_ID$/, ''), providers);
  return Object.keys(env)
    .filter((name) => (name.endsWith('_CLIENT_ID') || further.includes(name)) && env[name]?.trim() && !known.has(name))
    .map((name) => `${name} belongs to no known provider and is ignored${meant(name)}`);
};

import type { EvergrantConfig } from './config.ts';
import { type Environment, withSecrets } from './environment.ts';
import { readConfigFile } from './file.ts';
import { parseSettings } from './parse.ts';
import { isPlainObject } from './plain.ts';
import type { Settings } from './types.ts';

export interface LoadOptions {
  env: Environment;
  /** Relative paths of the configuration file and of `NAME_FILE` variables start here. */
  cwd: string;
  /** As given with `--config`; wins over `EVERGRANT_CONFIG`. */
  configPath?: string;
  /** Ids of the built-in providers. */
  builtins: readonly string[];
}

export interface LoadedSettings {
  settings: Settings;
  /** Absolute; null when there is none. */
  configFile: string | null;
  /** Sentences for the operator, without secrets. */
  warnings: string[];
}

/**
 * Reads the configuration file and the environment, which wins.
 *
 * @returns deep-frozen settings
 * @throws SettingsError whose message names every fault
 */
export const loadSettings = async ({ env, cwd, configPath, builtins }: LoadOptions): Promise<LoadedSettings> => {
  const warnings: string[] = [];
  const faults: string[] = [];
  const file = await readConfigFile(env, cwd, configPath, warnings);
  const configFile = file?.path ?? null;
  const config = (file ? file.content : {}) as EvergrantConfig;
  const environment = await withSecrets(env, cwd, [...builtins, ...providerIds(config)], faults);
  const parsed = parseSettings(config, environment, { builtins, configFile, faults });
  return { settings: parsed.settings, configFile, warnings: [...warnings, ...parsed.warnings] };
};

/** The configuration has not been checked yet at this point. */
const providerIds = (config: unknown): string[] =>
  isPlainObject(config) && isPlainObject(config['providers']) ? Object.keys(config['providers']) : [];

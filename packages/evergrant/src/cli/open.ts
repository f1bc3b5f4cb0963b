import { randomBytes } from 'node:crypto';
import { type Evergrant, type Internals, startEvergrant } from '../evergrant.ts';
import { builtinProviders } from '../providers/builtin.ts';
import { loadSettings, type Settings } from '../settings/index.ts';
import { Secret } from '../telemetry/secret.ts';
import type { Arguments } from './arguments.ts';

/** Reads the settings of this working directory. @throws SettingsError */
export const readSettings = (args: Arguments) =>
  loadSettings({
    env: process.env,
    cwd: process.cwd(),
    configPath: args.options.config,
    builtins: Object.keys(builtinProviders),
  });

/**
 * Opens the installation for one command, beside a server that may run: the database carries both.
 *
 * @param engine `none` unless the command lives long enough to renew
 */
export const openInstallation = async (
  args: Arguments,
  engine: Settings['engine'] = 'none',
  internals: Internals = {},
): Promise<Evergrant> => {
  const { settings } = await readSettings(args);
  return startEvergrant(withUnusedKey({ ...settings, engine }), internals);
};

/** The first API key is left to the service, which shows it; a command would make it and tell nobody. */
export const withUnusedKey = (settings: Settings): Settings => ({
  ...settings,
  apiKey: settings.apiKey ?? new Secret(`eg_${randomBytes(32).toString('base64url')}`),
});

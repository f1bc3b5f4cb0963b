import { randomBytes } from 'node:crypto';
import { type Evergrant, type Internals, startEvergrant } from '../evergrant.ts';
import { builtinProviders } from '../providers/builtin.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { loadSettings, type Settings } from '../settings/index.ts';
import { Secret } from '../telemetry/secret.ts';
import type { Arguments } from './arguments.ts';
import { withSandbox } from './simulated.ts';

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
  return (await openWithSandbox(args, engine, internals)).evergrant;
};

/** As {@link openInstallation}, with what plays the simulated platforms where they are on. */
export const openWithSandbox = async (
  args: Arguments,
  engine: Settings['engine'] = 'none',
  internals: Internals = {},
): Promise<{ evergrant: Evergrant; sandbox: Sandbox | null }> => {
  const { settings, sandbox } = withSandbox((await readSettings(args)).settings);
  return { evergrant: await startEvergrant(withUnusedKey({ ...settings, engine }), internals), sandbox };
};

/** The first API key is left to the service, which shows it; a command would make it and tell nobody. */
export const withUnusedKey = (settings: Settings): Settings => ({
  ...settings,
  apiKey: settings.apiKey ?? new Secret(`eg_${randomBytes(32).toString('base64url')}`),
});

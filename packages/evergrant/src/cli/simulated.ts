import { dirname, join } from 'node:path';
import {
  builtinPlatform,
  builtinPlatforms,
  configFor,
  createSandbox,
  type Sandbox,
  type SandboxPlatform,
  sandboxPlatform,
} from '../sandbox/index.ts';
import { isLoopback, type ProviderSettings, type Settings } from '../settings/index.ts';
import { systemClock } from '../telemetry/clock.ts';
import { Secret } from '../telemetry/secret.ts';

/** Built-in platforms that the sandbox can play. */
export const simulatedPlatforms: SandboxPlatform[] = builtinPlatforms().map(builtinPlatform);

/**
 * Simulated platforms stand in for every built-in one that has no app. The service plays them; a command has to know of
 * them too, or it would not find the providers of what was connected there.
 */
export const withSandbox = (settings: Settings): { settings: Settings; sandbox: Sandbox | null } => {
  const configured = Object.values(settings.providers).some(({ clientId }) => clientId !== undefined);
  const wanted = settings.sandbox ?? (!configured && isLoopback(new URL(settings.publicUrl).hostname));
  if (!wanted) return { settings, sandbox: null };
  const { database } = settings;
  const sandbox = createSandbox({
    baseUrl: `${settings.publicUrl}/sandbox`,
    platforms: simulatedPlatforms,
    clock: systemClock,
    ...(database.kind === 'sqlite' && database.path !== ':memory:'
      ? { stateFile: join(dirname(database.path), 'sandbox.json') }
      : {}),
  });
  return {
    settings: { ...settings, sandbox: true, providers: { ...simulated(sandbox), ...settings.providers } },
    sandbox,
  };
};

const simulated = (sandbox: Sandbox): Record<string, ProviderSettings> => {
  const settingsOf = (platform: SandboxPlatform): ProviderSettings => {
    const { clientSecret, ...config } = configFor(sandbox, platform);
    return { ...config, ...(clientSecret === undefined ? {} : { clientSecret: new Secret(clientSecret) }) };
  };
  const { id } = sandboxPlatform.definition;
  return {
    ...Object.fromEntries(
      simulatedPlatforms.map((one) => [one.definition.id, { ...settingsOf(one), simulated: true }]),
    ),
    [id]: { ...settingsOf(sandboxPlatform), origins: sandbox.origins(id) },
  };
};

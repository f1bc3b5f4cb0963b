import { dirname, join } from 'node:path';
import { builtinProviders } from '../providers/builtin.ts';
import { needsNoApp } from '../providers/resolve.ts';
import { canSimulate, createSandbox, type Sandbox, type SandboxPlatform } from '../sandbox/index.ts';
import { isLoopback, type ProviderSettings, type Settings } from '../settings/index.ts';
import { systemClock } from '../telemetry/clock.ts';
import { Secret } from '../telemetry/secret.ts';
import { providerFixtures } from '../testing/fixtures.ts';

/** Built-in platforms that the sandbox can play. */
export const simulatedPlatforms: SandboxPlatform[] = Object.entries(providerFixtures).flatMap(([id, fixture]) => {
  const definition = builtinProviders[id];
  return definition && canSimulate(definition) ? [{ definition, fixture }] : [];
});

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
  const app = (id: string): ProviderSettings => {
    const origins = sandbox.origins(id);
    const definition = builtinProviders[id];
    if (definition && needsNoApp(definition)) return { origins };
    const { clientId, clientSecret } = sandbox.appFor(id);
    return { clientId, clientSecret: new Secret(clientSecret), origins };
  };
  const { id, ...definition } = sandbox.definition;
  return {
    ...Object.fromEntries(
      simulatedPlatforms.map(({ definition: { id: provider } }) => [
        provider,
        { ...app(provider), definition: sandbox.overrides(provider), simulated: true },
      ]),
    ),
    [id]: { ...app(id), definition },
  };
};

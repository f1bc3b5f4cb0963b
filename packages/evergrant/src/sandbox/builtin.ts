import { EvergrantError } from '../errors/index.ts';
import { builtinProviders } from '../providers/builtin.ts';
import type { PartialDefinition } from '../providers/define.ts';
import { providerFixtures } from '../providers/fixtures.ts';
import { needsNoApp } from '../providers/resolve.ts';
import type { ProviderConfig } from '../settings/config.ts';
import { merged } from '../settings/plain.ts';
import { canSimulate } from './platform.ts';
import { sandboxPlatform } from './sandbox-provider.ts';
import type { Sandbox, SandboxPlatform } from './types.ts';

/** Ids of the built-in providers that can be played. */
export const builtinPlatforms = (): string[] =>
  Object.keys(providerFixtures).filter((id) => builtinProviders[id] && canSimulate(builtinProviders[id]));

/** @throws EvergrantError `provider_unknown` when it is not built in */
export const builtinPlatform = (id: string): SandboxPlatform => {
  const [definition, fixture] = [builtinProviders[id], providerFixtures[id]];
  if (definition && fixture) return { definition, fixture };
  throw new EvergrantError('provider_unknown', { provider: id, detail: `“${id}” is no built-in provider.` });
};

/** What Evergrant must be told to use a simulated platform: its app, where it is played, and what is otherwise there. */
export const configFor = (sandbox: Sandbox, platform: SandboxPlatform): ProviderConfig => {
  const { definition } = platform;
  const { id } = definition;
  const app = needsNoApp(definition) ? {} : sandbox.appFor(id);
  if (platform === sandboxPlatform) {
    const { id: _id, ...played } = sandbox.definition;
    return { ...app, definition: played };
  }
  const overrides = sandbox.overrides(id);
  const isBuiltin = builtinProviders[id] === definition;
  return {
    ...app,
    origins: sandbox.origins(id),
    definition: isBuiltin ? overrides : (merged({ ...definition }, { ...overrides }) as PartialDefinition),
  };
};

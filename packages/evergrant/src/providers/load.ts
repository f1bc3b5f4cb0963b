import { EvergrantError } from '../errors/index.ts';
import { SettingsError } from '../settings/errors.ts';
import type { ProviderSettings } from '../settings/types.ts';
import type { AnyDefinition } from './define.ts';
import { type ResolvedProvider, resolveProvider } from './resolve.ts';

/** Every provider that this installation knows, built-in or from settings. */
export interface Catalogue {
  /** @throws EvergrantError `provider_unknown` */
  get(id: string): ResolvedProvider;
  /** Sorted by name. */
  list(): readonly ResolvedProvider[];
}

/**
 * Resolves all providers at once, so that a fault stops the start and not the first flow.
 *
 * @param builtins definitions by id
 * @param settings what the operator says about them, and whole definitions of others
 * @throws SettingsError with the faults of every provider
 */
export const createCatalogue = (
  builtins: Readonly<Record<string, AnyDefinition>>,
  settings: Readonly<Record<string, ProviderSettings>>,
): Catalogue => {
  const providers = new Map<string, ResolvedProvider>();
  const faults: string[] = [];
  for (const id of new Set([...Object.keys(builtins), ...Object.keys(settings)])) {
    try {
      providers.set(id, resolveProvider(id, builtins[id], settings[id]));
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new SettingsError(faults);
  const sorted = Object.freeze(
    [...providers.values()].sort((one, other) => one.definition.name.localeCompare(other.definition.name, 'en')),
  );
  return {
    get(id) {
      const provider = providers.get(id);
      if (!provider) throw new EvergrantError('provider_unknown', { provider: id });
      return provider;
    },
    list: () => sorted,
  };
};

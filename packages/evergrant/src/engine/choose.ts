import type { Context } from '../grants/context.ts';
import type { Renewals } from '../grants/renew.ts';
import type { Settings } from '../settings/index.ts';
import { startEngine } from './embedded/loop.ts';
import { loadTemporal, type Role } from './temporal/load.ts';
import type { Engine } from './types.ts';

/**
 * Starts an engine.
 *
 * @param chores done now and then, e.g. retrying revocations; their failures are logged
 */
export type StartEngine = (context: Context, renewals: Renewals, chores: (() => Promise<void>)[]) => Engine;

/** A process that only keeps the workflows running, and reads. */
const nothing: Role = { decides: false, groups: [] };

/**
 * The engine that the settings name; null: none.
 *
 * @param role what this process does for the Temporal engine; by default what the settings say
 * @throws SettingsError where the Temporal SDK is missing: better not to start than to renew nothing
 */
export const chooseEngine = async ({ engine, temporal }: Settings, role?: Role): Promise<StartEngine | null> => {
  switch (engine) {
    case 'none':
      return null;
    case 'embedded':
      return startEngine;
    case 'temporal': {
      const { startTemporalEngine, anywhere } = await loadTemporal();
      const own = role ?? (temporal.worker ? anywhere : nothing);
      return (context, renewals, chores) => startTemporalEngine(context, renewals, temporal, own, chores);
    }
  }
};

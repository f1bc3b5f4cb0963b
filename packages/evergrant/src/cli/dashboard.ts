import { existsSync } from 'node:fs';
import type { Logger } from '../telemetry/logger.ts';

/**
 * Builds the dashboard in a checkout, where it lies as sources, when these changed since it was last built. What is
 * published carries it built.
 */
export const buildDashboard = async (logger: Logger): Promise<void> => {
  const script = new URL('../../../dashboard/build.ts', import.meta.url);
  if (!import.meta.url.endsWith('.ts') || !existsSync(script)) return;
  const { bringUpToDate } = (await import(script.href)) as { bringUpToDate: () => Promise<void> };
  try {
    await bringUpToDate();
  } catch (error) {
    logger.warn({ error }, 'the dashboard could not be built; everything else works');
  }
};

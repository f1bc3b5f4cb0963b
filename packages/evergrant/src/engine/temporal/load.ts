import { SettingsError } from '../../settings/index.ts';

export type { Role } from './index.ts';

/** The engine, in modules that only its users load: the SDK is large, and theirs to install. */
export type Temporal = typeof import('./index.ts');

const packages = ['client', 'worker', 'workflow', 'activity', 'common', 'envconfig'].map(
  (name) => `@temporalio/${name}`,
);

/** The versions with which this one was tested. */
const versions = '^1.24.0';

/** @throws SettingsError that says what to install, where the Temporal SDK is missing */
export const loadTemporal = async (): Promise<Temporal> => {
  try {
    // Only workers load this one, in a sandbox of their own; better to miss it now.
    import.meta.resolve('@temporalio/workflow');
    return await import('./index.ts');
  } catch (error) {
    if (!isMissing(error)) throw error;
    const command = `npm install ${packages.map((name) => `${name}@${versions}`).join(' ')}`;
    throw new SettingsError([
      `ENGINE: "temporal" needs the Temporal SDK, which is not installed. Install it with: ${command}`,
    ]);
  }
};

const isMissing = (error: unknown): boolean => {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && message.includes('@temporalio/');
};

import { readFileSync } from 'node:fs';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { SettingsError, type TemporalSettings } from '../../settings/index.ts';
import type { Vault } from '../../vault/index.ts';
import { createVaultCodec } from './codec.ts';

/** Where the server is. */
export interface Target {
  connection: NativeConnectionOptions & { address: string };
  namespace: string;
}

/**
 * Puts settings together with Temporal's own environment variables and profiles, which win.
 *
 * @throws SettingsError for a profile or a file that cannot be read
 */
export const targetOf = (settings: TemporalSettings): Target => {
  try {
    const { namespace, connectionOptions: found } = fromEnvironment(settings);
    const apiKey = found.apiKey ?? settings.apiKey?.reveal();
    return {
      connection: {
        ...found,
        address: found.address ?? settings.address ?? '127.0.0.1:7233',
        apiKey,
        // A key goes over the wire with each request.
        tls: found.tls ?? tlsOf(settings.tls) ?? (apiKey === undefined ? undefined : true),
      },
      namespace: namespace ?? settings.namespace ?? 'default',
    };
  } catch (error) {
    // After its first line a parser shows what stands in the file, keys among it.
    const [reason] = (error instanceof Error ? error.message : 'cannot be read').split('\n');
    throw new SettingsError([`temporal: ${reason}`]);
  }
};

/** How what the server keeps is encoded. */
export const dataConverterOf = (settings: TemporalSettings, vault: Vault): DataConverter => ({
  payloadCodecs: [...settings.payloadCodecs, ...(settings.encryptPayloads ? [createVaultCodec(vault)] : [])],
});

const fromEnvironment = ({ environment, profile }: TemporalSettings): ReturnType<typeof loadClientConnectConfig> =>
  environment === null
    ? { connectionOptions: {} }
    : loadClientConnectConfig({
        ...(profile === undefined ? {} : { profile }),
        overrideEnvVars: JSON.parse(environment.reveal()) as Record<string, string>,
      });

const tlsOf = (tls: TemporalSettings['tls']): NativeConnectionOptions['tls'] => {
  if (tls === undefined || typeof tls === 'boolean') return tls;
  const { serverName, ca, cert, key } = tls;
  return {
    ...(serverName ? { serverNameOverride: serverName } : {}),
    ...(ca ? { serverRootCACertificate: readFileSync(ca) } : {}),
    ...(cert && key ? { clientCertPair: { crt: readFileSync(cert), key: readFileSync(key) } } : {}),
  };
};

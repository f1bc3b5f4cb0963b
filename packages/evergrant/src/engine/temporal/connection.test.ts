import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TLSConfig } from '@temporalio/worker';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type EvergrantConfig, parseSettings, SettingsError } from '../../settings/index.ts';
import { targetOf } from './connection.ts';

const target = (env: NodeJS.ProcessEnv, temporal: EvergrantConfig['temporal'] = {}) =>
  targetOf(parseSettings({ temporal }, env, { builtins: [] }).settings.temporal);

/** A file in a folder of its own. */
const write = (name: string, content: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-temporal-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
};

const profiles = `
[profile.default]
address = "of-default:7233"
namespace = "of-default"

[profile.cloud]
address = "evergrant.a1b2c.tmprl.cloud:7233"
namespace = "evergrant.a1b2c"
api_key = "key of the profile"

[profile.cloud.grpc_meta]
x-team = "renewals"
`;

describe('the connection to Temporal', () => {
  it('is one to this machine unless something says otherwise', () => {
    expect(target({})).toEqual({
      connection: { address: '127.0.0.1:7233', apiKey: undefined, tls: undefined },
      namespace: 'default',
    });
  });

  it('is read from the settings, and before them from the variables of Temporal', () => {
    const settings = { address: 'of-settings:1', namespace: 'of-settings', apiKey: 'key of the settings', tls: false };
    expect(target({}, settings)).toEqual({
      connection: { address: 'of-settings:1', apiKey: 'key of the settings', tls: false },
      namespace: 'of-settings',
    });
    const env = {
      TEMPORAL_ADDRESS: 'of-environment:2',
      TEMPORAL_NAMESPACE: 'of-environment',
      TEMPORAL_API_KEY: 'key of the environment',
      TEMPORAL_TLS: 'true',
      TEMPORAL_GRPC_META_X_TEAM: 'renewals',
    };
    expect(target(env, settings)).toMatchObject({
      connection: { address: 'of-environment:2', apiKey: 'key of the environment', metadata: { 'x-team': 'renewals' } },
      namespace: 'of-environment',
    });
    expect(target(env, settings).connection.tls).toBeTruthy();
  });

  it('is encrypted wherever a key goes over it', () => {
    expect(target({ TEMPORAL_API_KEY: 'key' }).connection.tls).toBeTruthy();
    expect(target({}, { apiKey: 'key' }).connection.tls).toBe(true);
  });

  it('shows the certificates that files hold, named by variables or settings', () => {
    const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => write(`${name}.pem`, `${name} in PEM`));
    const variables = {
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: ca!,
      TEMPORAL_TLS_CLIENT_CERT_PATH: cert!,
      TEMPORAL_TLS_CLIENT_KEY_PATH: key!,
      TEMPORAL_TLS_SERVER_NAME: 'temporal.internal',
    };
    const settings = { tls: { serverName: 'temporal.internal', ca: ca!, cert: cert!, key: key! } };
    for (const { connection } of [target(variables), target({}, settings)]) {
      const { serverNameOverride, serverRootCACertificate, clientCertPair } = connection.tls as TLSConfig;
      expect(serverNameOverride).toBe('temporal.internal');
      const files = [serverRootCACertificate, clientCertPair?.crt, clientCertPair?.key];
      expect(files.map((file) => Buffer.from(file!).toString())).toEqual(['ca in PEM', 'cert in PEM', 'key in PEM']);
    }
  });

  it('follows the profiles of Temporal, wherever their file lies', () => {
    const file = write('.config/temporalio/temporal.toml', profiles);
    const home = dirname(dirname(dirname(file)));
    for (const env of [{ TEMPORAL_CONFIG_FILE: file }, { HOME: home }]) {
      expect(target(env)).toMatchObject({ connection: { address: 'of-default:7233' }, namespace: 'of-default' });
      const cloud = {
        connection: {
          address: 'evergrant.a1b2c.tmprl.cloud:7233',
          apiKey: 'key of the profile',
          metadata: { 'x-team': 'renewals' },
        },
        namespace: 'evergrant.a1b2c',
      };
      expect(target({ ...env, TEMPORAL_PROFILE: 'cloud' })).toMatchObject(cloud);
      expect(target(env, { profile: 'cloud' })).toMatchObject(cloud);
      expect(target({ ...env, TEMPORAL_PROFILE: 'cloud', TEMPORAL_NAMESPACE: 'other' })).toMatchObject({
        ...cloud,
        namespace: 'other',
      });
    }
  });

  it('is not looked up by the library, which reads no environment', () => {
    const { settings } = parseSettings({}, {}, { builtins: [] });
    vi.stubEnv('TEMPORAL_ADDRESS', 'of-the-process:1');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(targetOf(settings.temporal).connection.address).toBe('127.0.0.1:7233');
  });

  it('names what cannot be read, and shows nothing of it', () => {
    const broken = write('temporal.toml', '[profile.default]\napi_key = "c4n4ry\n');
    for (const env of [{ TEMPORAL_CONFIG_FILE: broken }, { TEMPORAL_PROFILE: 'absent' }]) {
      expect(() => target(env)).toThrow(SettingsError);
      expect(() => target(env)).not.toThrow(/c4n4ry/);
    }
    expect(() => target({}, { tls: { ca: '/absent.pem' } })).toThrow(/absent\.pem/);
  });
});

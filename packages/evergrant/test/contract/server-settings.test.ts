import { describe, expect, it } from 'vitest';
import { describeSettings, parseSettings } from '../../src/settings/index.ts';
import { itKeepsSecrets, startHarness } from '../security/support.ts';
import { newEncryptionKey } from '../support/evergrant.ts';
import { addKey } from './keys.ts';

interface SettingsBody {
  version: string;
  settings: { name: string; value: string | null; secret: boolean; source: string }[];
}

describe('GET /v1/settings', () => {
  it('says what is set and where, and shows no secret', async () => {
    await using harness = await startHarness({ config: { returnUrls: ['https://app.example'] } });
    const { status, data } = await harness.api<SettingsBody>('GET', '/v1/settings');
    expect(status).toBe(200);
    expect(data.version).toMatch(/^\d+\.\d+\.\d+/);
    const byName = Object.fromEntries(data.settings.map(({ name, ...rest }) => [name, rest]));
    expect(byName).toMatchObject({
      PUBLIC_URL: { value: harness.publicUrl, secret: false, source: 'configuration' },
      RETURN_URLS: { value: 'https://app.example', source: 'configuration' },
      EVENTS_RETENTION_DAYS: { value: '90', source: 'default' },
      EVERGRANT_API_KEY: { value: null, secret: true, source: 'configuration' },
      ENCRYPTION_KEYS: { value: null, secret: true, source: 'configuration' },
      APP_NAME: { value: null, secret: false, source: 'default' },
      ENGINE: { value: 'none', source: 'configuration' },
    });
    expect(Object.keys(byName)).not.toContain('TEMPORAL_SHARDS');
  });

  it('is for keys that may do everything, and are bound to no owner', async () => {
    await using harness = await startHarness();
    const reader = await addKey(harness, ['connections:read', 'events:read']);
    const bound = await addKey(harness, ['admin'], { owner: 'owner-1' });
    for (const key of [reader, bound]) {
      expect(await harness.api('GET', '/v1/settings', { key })).toMatchObject({
        status: 403,
        data: { code: 'permission_denied' },
      });
    }
    expect(await harness.api('GET', '/v1/settings', { key: null })).toMatchObject({ status: 401 });
  });
});

describe('a description of settings', () => {
  const key = newEncryptionKey();
  const describedBy = (env: Record<string, string>) => {
    const { settings } = parseSettings({ logLevel: 'warn' }, { ENCRYPTION_KEYS: key, ...env }, { builtins: [] });
    return Object.fromEntries(describeSettings(settings).map(({ name, ...rest }) => [name, rest]));
  };

  it('tells the environment from the configuration, also under the other name of a variable', () => {
    expect(describedBy({ FRONTEND_URL: 'https://a.example', LOG_LEVEL: 'error' })).toMatchObject({
      PUBLIC_URL: { value: 'https://a.example', source: 'environment' },
      LOG_LEVEL: { value: 'error', source: 'environment' },
      BACKEND_URL: { value: 'https://a.example', source: 'default' },
    });
    expect(describedBy({})).toMatchObject({ LOG_LEVEL: { value: 'warn', source: 'configuration' } });
  });

  it.each([
    [
      'postgres://someone:pa55word@db.example:5433/evergrant?sslpassword=pa55word',
      'postgres://db.example:5433/evergrant',
    ],
    ['postgresql:///evergrant?host=/run/postgresql&password=pa55word', 'postgres:///evergrant'],
    ['sqlite:./data/evergrant.db', 'sqlite:./data/evergrant.db'],
  ])('of the database %s leaves out who enters it, and how', (url, value) => {
    expect(describedBy({ DATABASE_URL: url })['DATABASE_URL']).toEqual({ value, secret: false, source: 'environment' });
  });

  it('writes a picture down by its kind, and Temporal only where it is the engine', () => {
    const { APP_LOGO, TEMPORAL_SHARDS, TEMPORAL_GROUPS } = describedBy({
      APP_LOGO: 'data:image/png;base64,iVBORw0KGgo=',
      ENGINE: 'temporal',
      TEMPORAL_GROUPS: 'eu=tiktok,x',
    });
    expect(APP_LOGO).toMatchObject({ value: 'data:image/png,…' });
    expect(TEMPORAL_SHARDS).toEqual({ value: '1', secret: false, source: 'default' });
    expect(TEMPORAL_GROUPS).toEqual({ value: 'eu=tiktok,x', secret: false, source: 'environment' });
  });
});

itKeepsSecrets();

import type { Secret } from '../telemetry/secret.ts';
import {
  type BrandingConfig,
  checkConfig,
  type EvergrantConfig,
  engines,
  logLevels,
  type ProviderConfig,
  pageLanguages,
} from './config.ts';
import { type Environment, lookUp, unknownApps, variableLabel } from './environment.ts';
import { attempt, fault, SettingsError, shown } from './errors.ts';
import { builtinKeyProviders, type KeyProvider } from './key-provider.ts';
import { deepFreeze } from './plain.ts';
import { parseProvider } from './provider.ts';
import { didYouMean } from './suggest.ts';
import { parseTemporal, temporalVariables } from './temporal.ts';
import type { GivenBy, ProviderSettings, Settings } from './types.ts';
import { isLoopback } from './url.ts';
import {
  defaultRateLimits,
  parseApiKey,
  parseChoice,
  parseColor,
  parseDatabase,
  parseDays,
  parseEncryptionKeys,
  parseHost,
  parseLogo,
  parseName,
  parseNetworks,
  parseOrigins,
  parsePort,
  parsePublicUrl,
  parseRateLimits,
  parseSwitch,
} from './values.ts';

/** A setting by its path in the configuration; those of Temporal and of platforms have their own files. */
export type Field =
  | Exclude<keyof EvergrantConfig, 'providers' | 'database' | 'branding' | 'temporal' | 'keyProviders'>
  | `branding.${keyof BrandingConfig}`;

/** Names of each setting in the environment, the preferred one first, and an example for messages. */
export const fields: Record<Field, { variables: string[]; example: string }> = {
  apiKey: { variables: ['EVERGRANT_API_KEY'], example: 'eg_<32 or more random letters and digits>' },
  publicUrl: { variables: ['PUBLIC_URL', 'FRONTEND_URL'], example: 'https://connect.example.com' },
  backendUrl: { variables: ['BACKEND_URL'], example: 'https://api.example.com' },
  host: { variables: ['HOST'], example: '0.0.0.0' },
  port: { variables: ['PORT'], example: '3000' },
  databaseUrl: { variables: ['DATABASE_URL'], example: 'sqlite:./data/evergrant.db' },
  encryptionKeys: { variables: ['ENCRYPTION_KEYS'], example: 'k1:<output of: openssl rand -base64 32>' },
  returnUrls: { variables: ['RETURN_URLS'], example: 'https://app.example.com,https://admin.example.com' },
  engine: { variables: ['ENGINE'], example: 'embedded' },
  sandbox: { variables: ['SANDBOX'], example: 'off' },
  logLevel: { variables: ['LOG_LEVEL'], example: 'info' },
  metrics: { variables: ['METRICS'], example: 'public' },
  dashboard: { variables: ['DASHBOARD'], example: 'off' },
  trustedProxies: { variables: ['TRUSTED_PROXIES'], example: '127.0.0.1,10.0.0.0/8' },
  eventsRetentionDays: { variables: ['EVENTS_RETENTION_DAYS'], example: '90' },
  rateLimits: { variables: ['RATE_LIMITS'], example: 'token_read=500,flow_start=50' },
  'branding.name': { variables: ['APP_NAME'], example: 'Northwind' },
  'branding.logo': { variables: ['APP_LOGO'], example: 'https://www.example.com/logo.svg' },
  'branding.color': { variables: ['APP_COLOR'], example: '#0b6b4c' },
  'branding.language': { variables: ['APP_LANGUAGE'], example: 'de' },
};

/** The variables that hold no app, for documentation and tests. */
export const variableNames: readonly string[] = [
  ...Object.values(fields).flatMap((field) => field.variables),
  ...Object.values(temporalVariables),
];

export interface ParseOptions {
  /** Ids of the built-in providers. */
  builtins: readonly string[];
  /** Where the configuration was read, for messages. */
  configFile?: string | null;
  /** Faults found before, to be reported together with those found here. */
  faults?: readonly string[];
}

export interface ParsedSettings {
  settings: Settings;
  warnings: string[];
}

/**
 * Checks environment and configuration together; the environment wins, value by value.
 *
 * @param config the content of a configuration file, or what `createEvergrant` was given
 * @param env environment variables; a library that must not read any passes `{}`
 * @returns deep-frozen settings
 * @throws SettingsError with every fault
 */
export const parseSettings = (config: EvergrantConfig, env: Environment, options: ParseOptions): ParsedSettings => {
  const faults = [...(options.faults ?? [])];
  const warnings: string[] = [];
  const checked = checkConfig(config, faults);
  const given: Record<string, GivenBy> = {};

  const read = <T>(field: Field, parse: (text: string) => T): T | undefined => {
    const source = sourceOf(field, checked, env);
    if (!source) return undefined;
    given[fields[field].variables[0]!] = source.by;
    return attempt(
      faults,
      () => parse(source.text),
      (reason) => fault(source.label, reason, source.example),
    );
  };
  const publicUrl = read('publicUrl', parsePublicUrl) ?? 'http://localhost:3000';
  const settings: Settings = {
    publicUrl,
    backendUrl: read('backendUrl', parsePublicUrl) ?? publicUrl,
    host: read('host', parseHost) ?? '127.0.0.1',
    port: read('port', parsePort) ?? (Number(new URL(publicUrl).port) || 3000),
    database: read('databaseUrl', parseDatabase) ?? { kind: 'sqlite', path: './data/evergrant.db' },
    encryptionKeys: read('encryptionKeys', parseEncryptionKeys(keyProviderNames(checked))) ?? null,
    keyProviders: ownKeyProviders(checked),
    apiKey: read<Secret>('apiKey', parseApiKey) ?? null,
    providers: readProviders(checked, env, options.builtins, faults, warnings),
    returnUrls: read('returnUrls', parseOrigins) ?? [],
    engine: read('engine', parseChoice(engines)) ?? 'embedded',
    temporal: parseTemporal(checked.temporal, env, faults, given),
    sandbox: read('sandbox', parseSwitch) ?? null,
    logLevel: read('logLevel', parseChoice(logLevels)) ?? 'info',
    publicMetrics: read('metrics', parseChoice(['public'])) === 'public',
    dashboard: read('dashboard', parseSwitch) ?? true,
    trustedProxies: read('trustedProxies', parseNetworks) ?? [],
    eventsRetentionDays: read('eventsRetentionDays', parseDays) ?? 90,
    rateLimits: read('rateLimits', parseRateLimits) ?? defaultRateLimits,
    branding: {
      name: read('branding.name', parseName) ?? null,
      logo: read('branding.logo', parseLogo) ?? null,
      color: read('branding.color', parseColor) ?? null,
      language: read('branding.language', parseChoice(pageLanguages)) ?? null,
    },
    given,
  };
  // Comparing values makes sense only when each is what its owner meant.
  if (faults.length === 0) checkTogether(settings, faults);
  if (faults.length > 0) throw new SettingsError(faults, options.configFile);
  return { settings: deepFreeze(settings), warnings };
};

const keyProviderNames = ({ keyProviders = {} }: EvergrantConfig): string[] => [
  ...new Set([...builtinKeyProviders, ...Object.keys(keyProviders)]),
];

/** Copies: the caller's own objects are not frozen with the settings. */
const ownKeyProviders = ({ keyProviders = {} }: EvergrantConfig): Record<string, KeyProvider> =>
  Object.fromEntries(
    Object.entries(keyProviders).map(([name, provider]) => [
      name,
      { unwrap: (...key) => provider.unwrap(...key), create: (...key) => provider.create(...key) },
    ]),
  );

interface Source {
  by: GivenBy;
  label: string;
  text: string;
  example: string;
}

const sourceOf = (field: Field, config: EvergrantConfig, env: Environment): Source | undefined => {
  const { variables, example } = fields[field];
  const variable = lookUp(env, variables);
  if (variable) {
    const { name, text } = variable;
    return { by: 'environment', label: variableLabel(env, name), text, example: `${name}=${example}` };
  }
  const value = field
    .split('.')
    .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], config) as
    | string
    | number
    | boolean
    | string[]
    | undefined;
  if (value === undefined) return undefined;
  const written = typeof value === 'string' ? `'${example}'` : example;
  const by = 'configuration';
  if (!Array.isArray(value)) return { by, label: field, text: String(value), example: `${field}: ${written}` };
  return { by, label: field, text: value.join(','), example: `${field}: ['${example.split(',')[0]}']` };
};

const readProviders = (
  config: EvergrantConfig,
  env: Environment,
  builtins: readonly string[],
  faults: string[],
  warnings: string[],
): Record<string, ProviderSettings> => {
  const configured: Record<string, ProviderConfig> = config.providers ?? {};
  const ids = [...new Set([...builtins, ...Object.keys(configured)])];
  const providers: Record<string, ProviderSettings> = {};
  for (const id of ids) {
    if (!builtins.includes(id) && !configured[id]?.definition) {
      const meant = didYouMean(id, builtins);
      faults.push(`providers.${id}: is no built-in provider${meant}; another one needs a "definition"`);
    }
    const provider = parseProvider(id, configured[id], env, faults, warnings);
    if (provider) providers[id] = provider;
  }
  warnings.push(...unknownApps(env, ids));
  return providers;
};

const checkTogether = (settings: Settings, faults: string[]): void => {
  if (settings.database.kind === 'postgres' && settings.encryptionKeys === null) {
    faults.push(
      fault(
        'ENCRYPTION_KEYS',
        'is missing, and with PostgreSQL no key file is made, because every process must have the same keys',
        'ENCRYPTION_KEYS=k1:<output of: openssl rand -base64 32>',
      ),
    );
  }
  if (settings.sandbox && !isLoopback(new URL(settings.publicUrl).hostname)) {
    faults.push(
      fault(
        'SANDBOX',
        `must be off when PUBLIC_URL is ${shown(settings.publicUrl)}: simulated platforms let anybody connect anything`,
        'SANDBOX=off',
      ),
    );
  }
};

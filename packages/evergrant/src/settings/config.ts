import { z } from 'zod';
import type { PartialDefinition } from '../providers/define.ts';
import { SettingsError } from './errors.ts';
import { type KeyProvider, keyProvidersSchema } from './key-provider.ts';
import { isPlainObject } from './plain.ts';
import { describeIssues, objectOf, text } from './schema.ts';
import { type TemporalConfig, temporalSchema } from './temporal.ts';
import type { LogLevel, PageLanguage, Settings } from './types.ts';

/** What may be said about one provider in a configuration file or to `createEvergrant`. */
export interface ProviderConfig {
  clientId?: string | undefined;
  clientSecret?: string | undefined;
  /** Asked for instead of the definition's required scopes. */
  scopes?: string[];
  /** Reroutes every URL that starts with the key to the value, which may have a path. */
  origins?: Record<string, string>;
  /** Merged over the built-in definition of that id, or a whole one. */
  definition?: PartialDefinition;
  /** Values for the placeholders of the definition's URLs. */
  options?: Record<string, string>;
  /** The standard path, with or without a final slash. */
  redirectUri?: string;
}

/** How the pages for people present the application. */
export interface BrandingConfig {
  /** Default: the host of `publicUrl`. */
  name?: string;
  /** A `data:` URI, an https address or a file: PNG, JPEG, SVG, WebP or GIF. It is served from here. */
  logo?: string;
  /** `#rrggbb`. It is darkened or lightened as far as text must be to be read. */
  color?: string;
  /** Default: what each browser asks for. */
  language?: PageLanguage;
}

/** The content of `evergrant.config.*`, and what `createEvergrant` takes. */
export interface EvergrantConfig {
  /** Bootstrap API key with every permission: `eg_` and at least 32 further characters. */
  apiKey?: string | undefined;
  publicUrl?: string | undefined;
  backendUrl?: string | undefined;
  host?: string;
  /** 0 means a free one. */
  port?: number;
  /** `sqlite:PATH`, `sqlite::memory:` or `postgres://…`. */
  databaseUrl?: string | undefined;
  /** Another name of `databaseUrl`. */
  database?: string | undefined;
  /** Comma list of `id:base64(32 bytes)` or `id:provider:wrapped`; the first seals, all open. */
  encryptionKeys?: string | undefined;
  /** Services that open wrapped encryption keys, by name; `aws-kms` is there without being named. */
  keyProviders?: Record<string, KeyProvider>;
  /** Exact origins that a flow may return to. */
  returnUrls?: string[];
  engine?: Settings['engine'];
  /** For `engine: 'temporal'`. */
  temporal?: TemporalConfig;
  sandbox?: boolean;
  logLevel?: LogLevel;
  /** `public`: `/metrics` needs no API key. */
  metrics?: 'public';
  /** Whether the dashboard is served; default true. */
  dashboard?: boolean;
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
  trustedProxies?: string[];
  /** For how many days events are kept. */
  eventsRetentionDays?: number;
  /** How often in a second, e.g. `['token_read=500', 'flow_start=50']`. */
  rateLimits?: string[];
  branding?: BrandingConfig;
  providers?: Record<string, ProviderConfig>;
}

/** Declares a configuration. Returns its argument; the type does the work. */
export const defineConfig = (config: EvergrantConfig): EvergrantConfig => config;

export const engines = ['embedded', 'temporal', 'none'] as const satisfies Settings['engine'][];
export const pageLanguages = ['en', 'de'] as const satisfies PageLanguage[];
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const satisfies LogLevel[];

const texts = z.record(z.string(), z.string());

const providerSchema = objectOf<ProviderConfig>({
  clientId: text.optional(),
  clientSecret: text.optional(),
  scopes: z.array(text).optional(),
  origins: texts.optional(),
  // Its content is the business of providers/, which checks it after merging.
  definition: z.custom<PartialDefinition>(isPlainObject, { error: 'must be an object' }).optional(),
  options: texts.optional(),
  redirectUri: text.optional(),
});

const providerId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
  error: 'is no provider id: lower-case letters, digits and "-" are allowed, because it becomes part of a path',
});

const configSchema = objectOf<EvergrantConfig>({
  apiKey: text.optional(),
  publicUrl: text.optional(),
  backendUrl: text.optional(),
  host: text.optional(),
  port: z.number().optional(),
  databaseUrl: text.optional(),
  database: text.optional(),
  encryptionKeys: text.optional(),
  keyProviders: keyProvidersSchema.optional(),
  returnUrls: z.array(text).optional(),
  engine: z.enum(engines).optional(),
  temporal: temporalSchema.optional(),
  sandbox: z.boolean().optional(),
  logLevel: z.enum(logLevels).optional(),
  metrics: z.literal('public').optional(),
  dashboard: z.boolean().optional(),
  trustedProxies: z.array(text).optional(),
  eventsRetentionDays: z.number().optional(),
  rateLimits: z.array(text).optional(),
  branding: objectOf<BrandingConfig>({
    name: text.optional(),
    logo: text.optional(),
    color: text.optional(),
    language: z.enum(pageLanguages).optional(),
  }).optional(),
  providers: z.record(providerId, providerSchema).optional(),
});

/**
 * Checks the shape of a configuration and folds `database` into `databaseUrl`. Values are checked by `parseSettings`.
 *
 * @param config what a file or a caller gave
 * @throws SettingsError with every fault
 */
export const normaliseConfig = (config: unknown): EvergrantConfig => {
  const faults: string[] = [];
  const normalised = checkConfig(config, faults);
  if (faults.length > 0) throw new SettingsError(faults);
  return normalised;
};

/** As {@link normaliseConfig}, adding to `faults` instead of throwing; what has a wrong shape is left out. */
export const checkConfig = (config: unknown, faults: string[]): EvergrantConfig => {
  const checked = configSchema.safeParse(config, { error: withoutLooking });
  if (checked.success) return foldDatabase(checked.data, faults);
  faults.push(...describeIssues(checked.error.issues, config));
  if (!isPlainObject(config)) return {};
  const wrong = new Set(
    checked.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : issue.path.slice(0, 1),
    ),
  );
  const rest = Object.fromEntries(Object.entries(config).filter(([key]) => !wrong.has(key)));
  return foldDatabase(configSchema.parse(rest), faults);
};

/** Zod's own words for a wrong type name the value's constructor, which may be anything. */
const withoutLooking = ({ code }: { code: string }): string | undefined =>
  code === 'invalid_type' ? 'Invalid input' : undefined;

const foldDatabase = ({ database, ...config }: EvergrantConfig, faults: string[]): EvergrantConfig => {
  if (database === undefined) return config;
  if (config.databaseUrl !== undefined) faults.push('database: is another name of databaseUrl; give only one of them');
  return { ...config, databaseUrl: config.databaseUrl ?? database };
};

import type { PartialDefinition } from '../providers/define.ts';
import type { Secret } from '../telemetry/secret.ts';
import type { NamedKey } from './encryption-keys.ts';
import type { KeyProvider } from './key-provider.ts';
import type { TemporalSettings } from './temporal.ts';

/** Everything that the environment and the configuration say, checked, typed and frozen. */
export interface Settings {
  /** Without a final slash. Redirect URIs are built from it and from nothing else. */
  publicUrl: string;
  backendUrl: string;
  host: string;
  port: number;
  database: DatabaseSettings;
  /** Null: a key file beside the database is used, and made at the first start. */
  encryptionKeys: NamedKey[] | null;
  /** Those that the configuration brings. */
  keyProviders: Record<string, KeyProvider>;
  /** Bootstrap key with every permission; null: made at the first start. */
  apiKey: Secret | null;
  providers: Record<string, ProviderSettings>;
  /** Exact origins. */
  returnUrls: string[];
  engine: 'embedded' | 'temporal' | 'none';
  temporal: TemporalSettings;
  /** Null: on when no app is configured and the host is loopback. */
  sandbox: boolean | null;
  logLevel: LogLevel;
  publicMetrics: boolean;
  /** Whether the dashboard is served, and people can sign in to it. */
  dashboard: boolean;
  /** Addresses and ranges (CIDR) of proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: string[];
  /** For how many days events are kept. */
  eventsRetentionDays: number;
  /** Of this process. */
  rateLimits: RateLimits;
  branding: Branding;
  /** Where each setting that was given came from, by the preferred name of its variable. The others have their defaults. */
  given: Record<string, GivenBy>;
}

/** `configuration`: the file, or what `createEvergrant` was given. */
export type GivenBy = 'environment' | 'configuration';

/** How the pages for people present the application. */
export interface Branding {
  /** Null: the host of the public address. */
  name: string | null;
  /** A `data:` URI, an https address or a file. */
  logo: string | null;
  /** `#rrggbb`. */
  color: string | null;
  /** Null: what each browser asks for. */
  language: PageLanguage | null;
}

export type PageLanguage = 'en' | 'de';

/** How often in a second; five seconds' worth may come at once. */
export interface RateLimits {
  /** Flows begun by one API key. */
  flowStart: number;
  /** Connect pages and callbacks opened from one address. */
  callback: number;
  /** Tokens read by one API key. */
  tokenRead: number;
  /** Wrong credentials from one address. */
  signIn: number;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type DatabaseSettings = { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: Secret };

/** What the operator says about one provider. */
export interface ProviderSettings {
  clientId?: string;
  clientSecret?: Secret;
  scopes?: string[];
  origins?: Record<string, string>;
  /** Merged over the built-in definition of that id, or a whole one. */
  definition?: PartialDefinition;
  options?: Record<string, string>;
  /** The standard path, with or without a final slash. */
  redirectUri?: string;
  /** Said by the sandbox of the platforms that it plays. */
  simulated?: true;
}

import { type Field, fields } from './parse.ts';
import { temporalVariables } from './temporal.ts';
import type { DatabaseSettings, GivenBy, RateLimits, Settings } from './types.ts';

/** One setting, as it may be shown to whoever may see all of them. */
export interface SettingDescription {
  /** The preferred name of its variable. */
  name: string;
  /** As it would be written in that variable; null: it is not set, or it is a secret. */
  value: string | null;
  /** Whether its value is never shown. */
  secret: boolean;
  source: GivenBy | 'default';
}

/** In the order in which they are documented. Secrets have no text. */
const texts: Record<Field, 'secret' | ((settings: Settings) => string | null)> = {
  publicUrl: ({ publicUrl }) => publicUrl,
  backendUrl: ({ backendUrl }) => backendUrl,
  host: ({ host }) => host,
  port: ({ port }) => String(port),
  databaseUrl: ({ database }) => databaseText(database),
  encryptionKeys: 'secret',
  apiKey: 'secret',
  returnUrls: ({ returnUrls }) => list(returnUrls),
  engine: ({ engine }) => engine,
  sandbox: ({ sandbox }) => onOrOff(sandbox === true),
  logLevel: ({ logLevel }) => logLevel,
  metrics: ({ publicMetrics }) => (publicMetrics ? 'public' : null),
  dashboard: ({ dashboard }) => onOrOff(dashboard),
  trustedProxies: ({ trustedProxies }) => list(trustedProxies),
  eventsRetentionDays: ({ eventsRetentionDays }) => String(eventsRetentionDays),
  rateLimits: ({ rateLimits }) => rateLimitsText(rateLimits),
  'branding.name': ({ branding }) => branding.name,
  'branding.logo': ({ branding }) => branding.logo && withoutContent(branding.logo),
  'branding.color': ({ branding }) => branding.color,
  'branding.language': ({ branding }) => branding.language,
};

const temporalTexts: Record<keyof typeof temporalVariables, (settings: Settings['temporal']) => string | null> = {
  taskQueue: ({ taskQueue }) => taskQueue,
  buildId: ({ version }) => version?.buildId ?? null,
  deployment: ({ version }) => version?.deployment ?? null,
  shards: ({ shards }) => String(shards),
  groups: ({ groups }) =>
    Object.entries(groups)
      .map(([name, providers]) => `${name}=${providers.join(',')}`)
      .join(';') || null,
  worker: ({ worker }) => onOrOff(worker),
  encryptPayloads: ({ encryptPayloads }) => onOrOff(encryptPayloads),
};

/** What is set, and where; those of Temporal only where it is the engine. Apps at platforms are not among them. */
export const describeSettings = (settings: Settings): SettingDescription[] => {
  const source = (name: string) => settings.given[name] ?? 'default';
  const own = Object.entries(texts).map(([field, text]): SettingDescription => {
    const name = fields[field as Field].variables[0]!;
    const isSecret = text === 'secret';
    return { name, value: isSecret ? null : text(settings), secret: isSecret, source: source(name) };
  });
  if (settings.engine !== 'temporal') return own;
  const temporal = Object.entries(temporalVariables).map(([field, name]): SettingDescription => {
    const value = temporalTexts[field as keyof typeof temporalVariables](settings.temporal);
    return { name, value, secret: false, source: source(name) };
  });
  return [...own, ...temporal];
};

const list = (values: readonly string[]): string | null => (values.length === 0 ? null : values.join(','));

const onOrOff = (value: boolean): string => (value ? 'on' : 'off');

/** Where the database is; of a connection URI neither user, password nor options, for any of them may be secret. */
const databaseText = (database: DatabaseSettings): string => {
  if (database.kind === 'sqlite') return `sqlite:${database.path}`;
  const url = URL.parse(database.url.reveal());
  return url ? `postgres://${url.host}${url.pathname}` : 'postgres://…';
};

const rateLimitsText = ({ flowStart, tokenRead, callback, signIn }: RateLimits): string =>
  `flow_start=${flowStart},token_read=${tokenRead},callback=${callback},sign_in=${signIn}`;

/** A picture that is written into the setting itself is no text to read. */
const withoutContent = (logo: string): string => (logo.startsWith('data:') ? `${logo.split(/[;,]/)[0]},…` : logo);

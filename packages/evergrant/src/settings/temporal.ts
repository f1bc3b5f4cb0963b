import { z } from 'zod';
import { Secret } from '../telemetry/secret.ts';
import { type Environment, lookUp } from './environment.ts';
import { attempt, fault, Refusal, shown } from './errors.ts';
import { objectOf, text } from './schema.ts';
import type { Settings } from './types.ts';
import { parseSwitch } from './values.ts';

/** How Temporal is reached, and how the work is shared out. */
export interface TemporalConfig {
  /** Host and port, default `127.0.0.1:7233`. */
  address?: string;
  namespace?: string;
  apiKey?: string;
  /** TLS with the system's certificates, or with files in PEM. */
  tls?: boolean | TemporalTls;
  /** Profile of Temporal's own configuration file. */
  profile?: string;
  /** Task queues and workflow ids are called so, or begin so; default `evergrant`. */
  taskQueue?: string;
  /** Version of these workers, for Worker Versioning: they get work when it is made current at Temporal. */
  buildId?: string;
  /** Name of the deployment that has this version; default: as the task queue. */
  deployment?: string;
  /** Workflows that look for what is due, side by side; default 1. */
  shards?: number;
  /** Names of worker groups, each with the providers that only its workers renew. */
  groups?: Record<string, string[]>;
  /** Whether `evergrant start` and `createEvergrant` run workers too; default true. */
  worker?: boolean;
  /** Seals the payloads in Temporal's histories with the encryption keys. */
  encryptPayloads?: boolean;
  /** Codecs of the SDK for the payloads, the last one nearest to the wire. */
  payloadCodecs?: TemporalPayloadCodec[];
}

export interface TemporalTls {
  serverName?: string;
  /** Path of the certificate of the server's authority. */
  ca?: string;
  /** Paths of the client's certificate and key. */
  cert?: string;
  key?: string;
}

/** `PayloadCodec` of `@temporalio/common`, of which nothing else may know. */
export interface TemporalPayloadCodec {
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's type, where the SDK may be absent
  encode(payloads: any[]): Promise<any[]>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  decode(payloads: any[]): Promise<any[]>;
}

export interface TemporalSettings
  extends Required<Pick<TemporalConfig, 'taskQueue' | 'shards' | 'groups' | 'worker' | 'encryptPayloads'>> {
  /** What the configuration says of the connection; environment and profile win over it. */
  address?: string;
  namespace?: string;
  apiKey?: Secret;
  tls?: boolean | TemporalTls;
  profile?: string;
  /** Null: workers are not versioned. */
  version: { deployment: string; buildId: string } | null;
  payloadCodecs: TemporalPayloadCodec[];
  /** JSON of the environment variables that Temporal's tools know, for the SDK to read; null: it reads none. */
  environment: Secret | null;
}

/** Those that the SDK itself reads begin so; `HOME` and its like say where its configuration file lies. */
const isOfTemporal = (name: string): boolean =>
  name.startsWith('TEMPORAL_') || ['HOME', 'XDG_CONFIG_HOME', 'APPDATA'].includes(name);

const codec = z.custom<TemporalPayloadCodec>(
  (value) =>
    typeof (value as TemporalPayloadCodec | null)?.encode === 'function' &&
    typeof (value as TemporalPayloadCodec).decode === 'function',
  { error: 'must have the functions encode and decode' },
);

export const temporalSchema = objectOf<TemporalConfig>({
  address: text.optional(),
  namespace: text.optional(),
  apiKey: text.optional(),
  tls: z
    .union([
      z.boolean(),
      objectOf<TemporalTls>({
        serverName: text.optional(),
        ca: text.optional(),
        cert: text.optional(),
        key: text.optional(),
      }),
    ])
    .optional(),
  profile: text.optional(),
  taskQueue: text.optional(),
  buildId: text.optional(),
  deployment: text.optional(),
  shards: z.number().optional(),
  groups: z.record(z.string(), z.array(text)).optional(),
  worker: z.boolean().optional(),
  encryptPayloads: z.boolean().optional(),
  payloadCodecs: z.array(codec).optional(),
});

/** Variables of ours; the others are Temporal's own. */
export const temporalVariables = {
  taskQueue: 'TEMPORAL_TASK_QUEUE',
  buildId: 'TEMPORAL_WORKER_BUILD_ID',
  deployment: 'TEMPORAL_DEPLOYMENT_NAME',
  shards: 'TEMPORAL_SHARDS',
  groups: 'TEMPORAL_GROUPS',
  worker: 'TEMPORAL_WORKER',
  encryptPayloads: 'TEMPORAL_ENCRYPT_PAYLOADS',
} as const;

type Field = keyof typeof temporalVariables;

const examples: Record<Field, [variable: string, config: string]> = {
  taskQueue: ['evergrant', "'evergrant'"],
  buildId: ['2026-11-26.1', "'2026-11-26.1'"],
  deployment: ['evergrant', "'evergrant'"],
  shards: ['4', '4'],
  groups: ['eu=tiktok,x;us=linkedin', "{ eu: ['tiktok', 'x'] }"],
  worker: ['off', 'false'],
  encryptPayloads: ['on', 'true'],
};

/**
 * @param faults gets what is wrong
 * @param givenBy gets where each of our own settings came from
 */
export const parseTemporal = (
  config: TemporalConfig | undefined,
  env: Environment,
  faults: string[],
  givenBy: Settings['given'],
): TemporalSettings => {
  const {
    apiKey,
    payloadCodecs = [],
    taskQueue,
    buildId,
    deployment,
    shards,
    groups,
    worker,
    encryptPayloads,
    ...connection
  } = config ?? {};
  const given = { taskQueue, buildId, deployment, shards, groups: structuredClone(groups), worker, encryptPayloads };
  const read = <F extends Field, T>(field: F, parse: (value: string) => T, check: (value: T) => T, fallback: T): T => {
    const variable = lookUp(env, [temporalVariables[field]]);
    const value = given[field] as T | undefined;
    const [example, written] = examples[field];
    const describe = (reason: string): string =>
      variable
        ? fault(variable.name, reason, `${variable.name}=${example}`)
        : fault(`temporal.${field}`, reason, `${field}: ${written}`);
    if (!variable && value === undefined) return fallback;
    givenBy[temporalVariables[field]] = variable ? 'environment' : 'configuration';
    return attempt(faults, () => check(variable ? parse(variable.text) : value!), describe) ?? fallback;
  };
  const queue = read('taskQueue', (value) => value, checkQueue, 'evergrant');
  const build = read<'buildId', string | null>('buildId', (value) => value, checkVersion, null);
  const name = read('deployment', (value) => value, checkVersion, queue);
  return {
    ...connection,
    ...(apiKey === undefined ? {} : { apiKey: new Secret(apiKey) }),
    // The caller's own objects are not frozen with the settings.
    payloadCodecs: payloadCodecs.map((one) => ({ encode: (raw) => one.encode(raw), decode: (raw) => one.decode(raw) })),
    taskQueue: queue,
    version: build === null ? null : { deployment: name, buildId: build },
    shards: read('shards', Number, checkShards, 1),
    groups: read('groups', parseGroups, checkGroups, {}),
    worker: read('worker', parseSwitch, (value) => value, true),
    encryptPayloads: read('encryptPayloads', parseSwitch, (value) => value, false),
    environment: environmentOf(env),
  };
};

const environmentOf = (env: Environment): Secret | null => {
  const names = Object.keys(env).filter((name) => isOfTemporal(name) && env[name]);
  return names.length === 0
    ? null
    : new Secret(JSON.stringify(Object.fromEntries(names.map((name) => [name, env[name]]))));
};

const checkQueue = (value: string): string => {
  if (/^[a-z0-9][a-z0-9._-]{0,99}$/i.test(value)) return value;
  throw new Refusal(`${shown(value)} may hold letters, digits, ".", "_" and "-", at most 100 of them`);
};

/** What Temporal takes for a deployment and its builds, between which it writes a dot or a colon. */
const checkVersion = <T extends string | null>(value: T): T => {
  if (value === null || /^[\w./@+-]{1,200}$/.test(value)) return value;
  throw new Refusal(`${shown(value)} may hold letters, digits, ".", "_", "/", "@", "+" and "-"`);
};

const checkShards = (value: number): number => {
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new Refusal('must be a whole number from 1 to 64');
};

/** `eu=tiktok,x;us=linkedin` */
const parseGroups = (value: string): Record<string, string[]> =>
  Object.fromEntries(
    value
      .split(';')
      .filter((part) => part.trim() !== '')
      .map((part) => {
        const [name = '', providers] = part.split('=');
        if (providers === undefined) throw new Refusal(`${shown(part)} names no providers after "="`);
        return [
          name.trim(),
          providers
            .split(',')
            .map((id) => id.trim())
            .filter(Boolean),
        ];
      }),
  );

/** The group of whatever no other one names. */
export const defaultGroup = 'default';

const checkGroups = (groups: Record<string, string[]>): Record<string, string[]> => {
  const seen = new Map<string, string>();
  for (const [name, providers] of Object.entries(groups)) {
    if (!/^[a-z0-9-]{1,40}$/.test(name)) {
      throw new Refusal(`${shown(name)} is no group: lower-case letters, digits and "-" are allowed`);
    }
    if (name === defaultGroup)
      throw new Refusal(`"${defaultGroup}" is the group of all others and is not to be listed`);
    for (const provider of providers) {
      const other = seen.get(provider);
      if (other !== undefined)
        throw new Refusal(`${shown(provider)} is in two groups, ${shown(other)} and ${shown(name)}`);
      seen.set(provider, name);
    }
  }
  return groups;
};

import { z } from 'zod';
import { catalogue, type ErrorCode } from '../errors/index.ts';
import { objectOf, text } from '../settings/schema.ts';
import type {
  AccountList,
  AccountMap,
  Api,
  ErrorRule,
  Facts,
  InstanceRegistration,
  Profile,
  ProtocolDefinition,
  ProviderDefinition,
  Refresh,
  ScopeFacts,
  Scopes,
  Setup,
  Validation,
} from './define.ts';
import { protocolSchema } from './protocol-schema.ts';
import { address, count, fn, longestRefreshWait, oneOrMany, path, seconds, texts } from './schema-parts.ts';

/*
 * The contract of define.ts, for definitions that no compiler has seen: strict at every depth. The types keep both in
 * step, see `objectOf`. Functions are accepted where the contract has them, so that definitions in TypeScript pass.
 */

type Hook<T> = Extract<T, (...parameters: never[]) => unknown>;

const accountTypes = z.enum([
  'profile',
  'page',
  'organization',
  'channel',
  'location',
  'blog',
  'site',
  'workspace',
  'guild',
]);

const scopes = objectOf<Scopes>({
  required: z.array(text),
  optional: z.array(text).optional(),
  separator: text.optional(),
  parameter: text.optional(),
  reported: z.enum(['space', 'comma', 'space-or-comma']).optional(),
  facts: z
    .record(
      z.string(),
      objectOf<ScopeFacts>({
        permits: text.optional(),
        implies: z.array(text).optional(),
        aliases: z.array(text).optional(),
      }),
    )
    .optional(),
  grantedFrom: objectOf<NonNullable<Scopes['grantedFrom']>>({
    get: address,
    items: path,
    scope: path,
    where: texts.optional(),
    optional: z.boolean().optional(),
  }).optional(),
});

const refresh = objectOf<Refresh>({
  rotates: z.enum(['always', 'never', 'sometimes']).optional(),
  reuseRevokes: z.boolean().optional(),
  graceSeconds: seconds.optional(),
  minimumAgeSeconds: seconds.optional(),
  lifetime: z
    .union([objectOf<{ fixed: number }>({ fixed: seconds }), objectOf<{ sliding: number }>({ sliding: seconds })])
    .optional(),
  idleLimitSeconds: seconds.optional(),
  required: z.boolean().optional(),
  supported: z.boolean().optional(),
  policy: z.enum(['eager', 'auto', 'lazy']).optional(),
  limits: objectOf<NonNullable<Refresh['limits']>>({
    concurrency: z.int().min(1).optional(),
    perSecond: z.number().positive().optional(),
  }).optional(),
});

const accountMap: z.ZodType<AccountMap> = z.union(
  [
    objectOf<Exclude<AccountMap, Hook<AccountMap>>>({
      id: path,
      name: path.nullable().optional(),
      username: path.nullable().optional(),
      picture: path.nullable().optional(),
      url: path.nullable().optional(),
    }),
    fn<Hook<AccountMap>>(),
  ],
  { error: 'must be an object of dotted paths, or a function' },
);

const profile = objectOf<Profile>(
  {
    get: address,
    post: texts.optional(),
    headers: texts.optional(),
    map: accountMap,
    type: accountTypes.optional(),
    variables: fn<NonNullable<Profile['variables']>>().optional(),
    otherwise: objectOf<NonNullable<Profile['otherwise']>>({
      code: text.optional(),
      get: address.optional(),
      map: accountMap,
      type: accountTypes.optional(),
    }).optional(),
    public: z.boolean().optional(),
    rereadSeconds: z.number().min(300, { error: 'must be 300 or more' }).optional(),
    retry: objectOf<NonNullable<Profile['retry']>>({ code: text, pausesMs: z.array(count) }).optional(),
  },
  'is missing, and without it nobody can tell whose account was connected; give "get" (a URL) and "map"',
);

const accountList = objectOf<AccountList>({
  get: address,
  headers: texts.optional(),
  items: path,
  map: accountMap,
  type: accountTypes,
  token: path.optional(),
  next: path.optional(),
  emptyHint: text.optional(),
  skip: fn<NonNullable<AccountList['skip']>>().optional(),
  unavailable: fn<NonNullable<AccountList['unavailable']>>().optional(),
});

const authentication = z.union(
  [
    z.literal('bearer'),
    objectOf<{ header: string; prefix?: string }>({ header: text, prefix: z.string().optional() }),
    objectOf<{ query: string }>({ query: text }),
  ],
  { error: 'must be "bearer", { header, prefix } or { query }' },
);

const api = objectOf<Api>({
  baseUrl: address,
  headers: texts.optional(),
  authentication: authentication.optional(),
  origins: z.array(address).optional(),
  parameters: texts.optional(),
  rateLimitReset: z
    .union(
      [
        objectOf<Exclude<NonNullable<Api['rateLimitReset']>, Hook<Api['rateLimitReset']>>>({
          header: text,
          unit: z.enum(['seconds', 'unix-seconds', 'iso-date']),
        }),
        fn<Hook<Api['rateLimitReset']>>(),
      ],
      { error: 'must be { header, unit } or a function' },
    )
    .optional(),
});

const pattern = z.union([text, z.instanceof(RegExp)], { error: 'must be text or a regular expression' });

const errorRule = objectOf<ErrorRule>({
  phase: oneOrMany(z.enum(['register', 'request', 'authorize', 'exchange', 'refresh', 'revoke', 'api'])).optional(),
  status: oneOrMany(count).optional(),
  code: oneOrMany(z.union([text, z.number()], { error: 'must be text or a number' })).optional(),
  description: pattern.optional(),
  path: pattern.optional(),
  is: z.enum(['refresh-token', 'reconnect', 'app-misconfigured', 'missing-scope', 'rate-limit', 'retry', 'bad-body']),
  error: z
    .custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(catalogue, code), {
      error: 'is no code of the error catalogue',
    })
    .optional(),
  reason: z
    .enum(['revoked_or_expired', 'revoked', 'expired', 'password_changed', 'scope_removed', 'lost_rotation'])
    .optional(),
  message: text.optional(),
  retryAfter: seconds.optional(),
  affects: z.literal('account').optional(),
});

const instance = objectOf<NonNullable<ProviderDefinition['instance']>>({
  label: text,
  placeholder: text,
  isAccount: z.boolean().optional(),
  registration: objectOf<InstanceRegistration>({
    endpoint: address,
    encoding: z.enum(['form', 'json']).optional(),
    parameters: texts,
    clientId: path.optional(),
    clientSecret: path.optional(),
  }).optional(),
});

/** A whole definition, with the id, name and API that may be left out in settings already filled in. */
export const definitionSchema = objectOf<ProviderDefinition<ProtocolDefinition>>({
  id: text,
  name: text,
  protocol: protocolSchema,
  scopes,
  refresh: refresh.optional(),
  profile,
  accounts: z
    .union([accountList, fn<Hook<ProviderDefinition['accounts']>>()], {
      error: 'must be an object that describes a list, or a function',
    })
    .optional(),
  api,
  handsOut: texts.optional(),
  handleErrors: z.array(errorRule).optional(),
  maxConcurrentJob: count.optional(),
  oneTimeToken: z.boolean().optional(),
  refreshWait: seconds.max(longestRefreshWait, { error: `must not be more than ${longestRefreshWait}` }).optional(),
  validation: objectOf<Validation>({
    get: address,
    everySeconds: z.number().min(300, { error: 'must be 300 or more' }),
    authentication: authentication.optional(),
  }).optional(),
  revocationEnds: z.enum(['token', 'person']).optional(),
  consentEnds: z
    .union(
      [
        z.literal('other-scopes'),
        objectOf<Exclude<ProviderDefinition['consentEnds'], string | undefined>>({
          beyond: z.int().min(1),
          ofSameScopes: z.boolean().optional(),
        }),
      ],
      { error: 'must be "other-scopes" or { beyond, ofSameScopes }' },
    )
    .optional(),
  options: texts.optional(),
  instance: instance.optional(),
  setup: objectOf<Setup>({
    console: text,
    steps: z.array(text),
    redirectUri: text.optional(),
    review: text.optional(),
  }).optional(),
  facts: objectOf<Facts>({
    date: text,
    confidence: z.enum(['high', 'medium', 'low']).optional(),
    sources: z.array(text),
    unconfirmed: z.array(text).optional(),
  }).optional(),
});

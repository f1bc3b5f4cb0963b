import { z } from 'zod';
import { shown } from '../settings/errors.ts';
import { isPlainObject } from '../settings/plain.ts';
import { objectOf, text } from '../settings/schema.ts';
import { didYouMean } from '../settings/suggest.ts';
import type {
  AtprotoProtocol,
  ErrorShape,
  OAuth1Protocol,
  OAuth2Protocol,
  ProtocolDefinition,
  RevocationShape,
  TokenRequestShape,
  TokenResponseShape,
} from './define.ts';
import { address, count, oneOrMany, path, seconds, texts } from './schema-parts.ts';

const authentications = ['client_secret_basic', 'client_secret_post', 'client_secret_basic_raw', 'none'] as const;
const clientAuthentication = z.enum(authentications);

const tokenRequest = objectOf<TokenRequestShape>({
  endpoint: address.optional(),
  method: z.enum(['POST', 'GET']).optional(),
  encoding: z.enum(['form', 'json', 'query']).optional(),
  grantType: text.nullable().optional(),
  credentialParameter: text.optional(),
  credential: z.enum(['refresh_token', 'access_token']).optional(),
  parameters: texts.optional(),
  omit: z.array(text).optional(),
  clientAuthentication: clientAuthentication.optional(),
  carry: z.array(text).optional(),
});

const tokenResponse = objectOf<TokenResponseShape>({
  unwrap: oneOrMany(path).optional(),
  tokenType: z.literal('Bearer').optional(),
  rename: objectOf<NonNullable<TokenResponseShape['rename']>>({
    access_token: path.optional(),
    refresh_token: path.optional(),
    expires_in: path.optional(),
    scope: path.optional(),
    token_type: path.optional(),
  }).optional(),
  lenientExpiry: z.boolean().optional(),
  lenientRefreshToken: z.boolean().optional(),
  lenientScope: z.boolean().optional(),
  scopeList: z.boolean().optional(),
  expiresAt: objectOf<NonNullable<TokenResponseShape['expiresAt']>>({
    path,
    unit: z.enum(['s', 'ms', 's-or-ms']),
  }).optional(),
  state: path.optional(),
  refreshExpiresIn: path.optional(),
  form: z.boolean().optional(),
  created: z.boolean().optional(),
  errorsUnder200: z.boolean().optional(),
  defaultExpiresIn: seconds.optional(),
  keep: z.record(z.string(), oneOrMany(path)).optional(),
});

const errorShape = objectOf<ErrorShape>({
  code: oneOrMany(path).optional(),
  subcode: oneOrMany(path).optional(),
  description: oneOrMany(path).optional(),
  under200: objectOf<NonNullable<ErrorShape['under200']>>({
    path,
    equals: z.unknown().optional(),
    notEquals: z.unknown().optional(),
  }).optional(),
});

const revocation = objectOf<RevocationShape>({
  endpoint: address.optional(),
  method: z.enum(['POST', 'DELETE', 'GET']).optional(),
  encoding: z.enum(['form', 'json', 'query', 'none']).optional(),
  tokens: z.array(z.enum(['refresh_token', 'access_token'])).optional(),
  keptTokens: z.array(text).optional(),
  tokenParameter: text.optional(),
  typeHint: z.boolean().optional(),
  typeHintParameter: text.optional(),
  authentication: z.enum([...authentications, 'bearer', 'anonymous']).optional(),
  parameters: texts.optional(),
});

const oauth2 = objectOf<OAuth2Protocol>({
  kind: z.literal('oauth2'),
  issuer: address.optional(),
  authorizationEndpoint: address.optional(),
  tokenEndpoint: address.optional(),
  revocationEndpoint: address.optional(),
  clientAuthentication: oneOrMany(clientAuthentication).optional(),
  clientIdParameter: text.optional(),
  clientSecretParameter: text.optional(),
  authorizationClientIdParameter: text.optional(),
  pkce: z.enum(['S256', 'S256-hex', 'none']).optional(),
  authorizationParameters: texts.optional(),
  reconnectParameters: texts.optional(),
  refusesWithoutState: z.boolean().optional(),
  stateMaxLength: count.optional(),
  exchange: tokenRequest.optional(),
  upgrade: tokenRequest.optional(),
  refreshRequest: tokenRequest.optional(),
  migration: objectOf<NonNullable<OAuth2Protocol['migration']>>({ option: text, request: tokenRequest }).optional(),
  tokenResponse: tokenResponse.optional(),
  errors: errorShape.optional(),
  headers: texts.optional(),
  revocation: z
    .union([revocation, z.literal('none')], { error: 'must be an object that describes the request, or "none"' })
    .optional(),
  idToken: z.enum(['ignore', 'verify']).optional(),
}).superRefine((protocol, context) => {
  if (protocol.issuer !== undefined) return;
  for (const endpoint of ['authorizationEndpoint', 'tokenEndpoint'] as const) {
    if (protocol[endpoint] !== undefined) continue;
    context.addIssue({
      code: 'custom',
      path: [endpoint],
      message: 'is missing, and there is no "issuer" at which it could be discovered',
    });
  }
});

const oauth1 = objectOf<OAuth1Protocol>({
  kind: z.literal('oauth1'),
  requestTokenEndpoint: address,
  authorizationEndpoint: address,
  accessTokenEndpoint: address,
  revocationEndpoint: address.optional(),
  signatureMethod: z.literal('HMAC-SHA1').optional(),
  authorizationParameters: texts.optional(),
  deniedParameter: text.optional(),
  refusesWithoutVerifier: z.boolean().optional(),
  verifierIn: z.enum(['header', 'body']).optional(),
  keep: texts.optional(),
  headers: texts.optional(),
  errors: errorShape.optional(),
});

const atproto = objectOf<AtprotoProtocol>({
  kind: z.literal('atproto'),
  plcUrl: address,
  handleResolver: address.optional(),
  errors: errorShape.optional(),
});

const kinds: { [Kind in ProtocolDefinition['kind']]: z.ZodType<Extract<ProtocolDefinition, { kind: Kind }>> } = {
  oauth2,
  oauth1,
  atproto,
};

/** Checked against the one kind that it names: a union would report the faults of every kind. */
export const protocolSchema: z.ZodType<ProtocolDefinition> = z
  .custom<ProtocolDefinition>(isPlainObject, {
    error: (issue) => (issue.input === undefined ? 'is missing' : 'must be an object'),
  })
  .transform((protocol, context): ProtocolDefinition => {
    const kind: unknown = protocol.kind;
    if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) {
      const named =
        typeof kind === 'string' ? `${shown(kind)} is not known${didYouMean(kind, Object.keys(kinds))}` : 'is missing';
      const known = Object.keys(kinds).join(', ');
      context.addIssue({ code: 'custom', path: ['kind'], message: `${named}; known are ${known}` });
      return z.NEVER;
    }
    const checked = kinds[protocol.kind].safeParse(protocol);
    if (checked.success) return checked.data;
    for (const issue of checked.error.issues) context.addIssue({ ...issue } as Parameters<typeof context.addIssue>[0]);
    return z.NEVER;
  });

import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import type { App, AppSettings } from '../protocols/types.ts';
import { normaliseInstance } from './instance.ts';

/** Tokens that another system holds. */
export interface ImportInput {
  provider: string;
  /** The application's own id of the user or tenant. */
  owner: string;
  /** May be left out, or have ended, where there is a refresh token: then it is renewed first. */
  accessToken?: string;
  refreshToken?: string;
  /** When the access token ends (RFC 3339). Left out: it has no end that is known. */
  expiresAt?: string;
  /** What was granted, as the platform writes it. Left out: what the app asks for. */
  scopes?: string[];
  /** Of OAuth 1.0a (RFC 5849), required there. */
  tokenSecret?: string;
  /** Host of the instance, where the provider has several. */
  instance?: string;
  metadata?: Record<string, unknown>;
  /** Which account to connect, where the tokens reach several. */
  accountId?: string;
  /** The app that made the tokens. Left out: the one that is set now. */
  clientId?: string;
}

/** An import that was checked. */
export interface ImportOrder {
  app: App;
  instance: string | null;
  owner: string;
  accessToken: string;
  refreshToken: string | null;
  tokenSecret: string | null;
  /** Milliseconds since the epoch; null: no end is known. */
  expiresAt: number | null;
  scopes: string[] | null;
  metadata: Record<string, unknown>;
  accountId: string | undefined;
}

/** @throws EvergrantError `provider_unknown`, `provider_not_configured`, `invalid_request`, `target_not_allowed` */
export const checkImport = (context: Context, input: ImportInput): ImportOrder => {
  const settings = context.apps.get(input.provider);
  const { protocol, name } = settings.definition;
  if (protocol.kind === 'atproto') {
    throw invalid(
      '/provider',
      `sessions at ${name} are bound to a key (RFC 9449) that nobody gives away: the person must connect`,
    );
  }
  const instance = instanceOf(settings, input.instance);
  const app = appOf(context, settings, instance, input.clientId);
  const expiresAt = input.expiresAt === undefined ? null : Date.parse(input.expiresAt);
  if (Number.isNaN(expiresAt)) throw invalid('/expires_at', 'must be a time of RFC 3339');
  checkTokens(input, protocol.kind === 'oauth1');
  const { accessToken, refreshToken = null } = input;
  const isOver = expiresAt !== null && expiresAt <= context.clock.now();
  if (isOver && refreshToken === null) throw invalid('/expires_at', 'is over, and there is no refresh token');
  return {
    app,
    instance,
    owner: input.owner,
    accessToken: accessToken ?? '',
    refreshToken,
    tokenSecret: input.tokenSecret ?? null,
    expiresAt: accessToken === undefined ? context.clock.now() : expiresAt,
    scopes: input.scopes ?? null,
    metadata: input.metadata ?? {},
    accountId: input.accountId,
  };
};

const instanceOf = (settings: AppSettings, named: string | undefined): string | null => {
  if (settings.definition.instance === undefined) {
    if (named === undefined) return null;
    throw invalid('/instance', `${settings.definition.name} has one server only`);
  }
  const instance = named ?? settings.variables['instance'];
  if (instance === undefined) throw invalid('/instance', `is required: ${settings.definition.instance.label}`);
  return normaliseInstance(settings, instance);
};

/** The app that made the tokens: no other can renew or revoke them (RFC 6749 section 6). */
const appOf = (context: Context, settings: AppSettings, instance: string | null, named: string | undefined): App => {
  const { provider, definition } = settings;
  const own = context.apps.currentClientId(provider);
  const clientId = named ?? (definition.instance?.registration ? undefined : own);
  if (clientId == null) throw invalid('/client_id', 'is required: that of the app which made the tokens');
  try {
    return context.apps.ofGrant({ provider, client_id: clientId, instance });
  } catch (error) {
    if (!isEvergrantError(error, 'provider_not_configured')) throw error;
    throw new EvergrantError('provider_not_configured', {
      provider,
      detail: `No app of ${definition.name} with the client id ${clientId} is known here, and tokens work with the app that made them only. Set that app first, or have the person connect`,
    });
  }
};

/** RFC 6749 appendix A: VSCHAR. An access token stands in a header besides, where a blank would end it. */
const tokenShape = { access: /^[\x21-\x7e]+$/, other: /^[\x20-\x7e]+$/ };

const checkTokens = (input: ImportInput, isOAuth1: boolean): void => {
  const { accessToken, refreshToken, tokenSecret } = input;
  const tokens = [
    ['/access_token', accessToken, tokenShape.access],
    ['/refresh_token', refreshToken, tokenShape.other],
    ['/token_secret', tokenSecret, tokenShape.other],
  ] as const;
  for (const [pointer, token, shape] of tokens) {
    if (token !== undefined && !shape.test(token)) throw invalid(pointer, 'holds characters that no token has');
  }
  if (isOAuth1) {
    if (accessToken === undefined) throw invalid('/access_token', 'is required');
    if (tokenSecret === undefined) throw invalid('/token_secret', 'is required: OAuth 1.0a signs with it');
    if (refreshToken !== undefined) throw invalid('/refresh_token', 'does not exist in OAuth 1.0a');
    if (input.expiresAt !== undefined) throw invalid('/expires_at', 'does not exist in OAuth 1.0a');
    return;
  }
  if (tokenSecret !== undefined) throw invalid('/token_secret', 'is of OAuth 1.0a only');
  if (accessToken === undefined && refreshToken === undefined) {
    throw invalid('/access_token', 'is required where there is no refresh_token');
  }
};

const invalid = (pointer: string, message: string): EvergrantError =>
  new EvergrantError('invalid_request', {
    detail: `${pointer.slice(1)}: ${message}`,
    errors: [{ pointer, code: 'invalid', message }],
  });

import { fillPlaceholders } from '../egress/origins.ts';
import { type ErrorCode, EvergrantError, type Upstream } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import { verdictOfFault } from '../grants/renew.ts';
import { variablesOf } from '../protocols/placeholders.ts';
import type { App, Verdict } from '../protocols/types.ts';
import { Secret } from '../telemetry/secret.ts';
import { randomToken } from './tokens.ts';

/** What a platform thinks of the credentials of an app. */
export interface AppTest {
  /** `unknown`: it answers in the same way whatever the credentials are, or not at all. */
  result: 'accepted' | 'refused' | 'unknown';
  /** Null: it took them. */
  errorCode: ErrorCode | null;
  /** What it said itself. */
  upstream: Upstream | null;
}

/**
 * Asks the platform whether it takes the credentials of an app, without anybody's consent. OAuth 1.0a has a request that
 * needs nothing else (RFC 5849 section 2.1). With OAuth 2.0 a code is presented that was never issued: the client is
 * authenticated first (RFC 6749 section 5.2), so `invalid_client` says that the credentials are wrong. Any other refusal
 * says that they are right only if wrong ones, presented in the same way, are called wrong.
 *
 * @param provider id
 * @throws EvergrantError `provider_unknown`, `provider_not_configured`, `conflict` where there are no credentials of one app
 */
export const testApp = async (context: Context, provider: string): Promise<AppTest> => {
  const app = appOf(context, provider);
  const error = await present(context, app);
  if (error === null) return accepted;
  const { code: errorCode, upstream = null } = error;
  if (isOfCredentials(error)) return { result: 'refused', errorCode, upstream };
  const isVerdict = upstream?.status !== undefined && upstream.status < 500 && !error.retryable;
  const wouldTell = isVerdict && isOfCredentials(await present(context, withWrongCredentials(app)));
  return wouldTell ? accepted : { result: 'unknown', errorCode, upstream };
};

const accepted: AppTest = { result: 'accepted', errorCode: null, upstream: null };

/** The current app, with its first secret alone: the next one must not answer in its place. */
const appOf = (context: Context, provider: string): App => {
  const { definition } = context.apps.get(provider);
  const clientId = context.apps.currentClientId(provider);
  const app = context.apps.list().find((one) => one.provider === provider && one.clientId === clientId);
  if (app && definition.protocol.kind !== 'atproto') return { ...app, nextClientSecret: null };
  throw new EvergrantError('conflict', {
    provider,
    detail: `${definition.name} has no app with credentials of its own`,
  });
};

const isOfCredentials = (error: EvergrantError | null): boolean => error?.code === 'provider_app_credentials_invalid';

const withWrongCredentials = (app: App): App =>
  app.clientSecret === null ? { ...app, clientId: randomToken() } : { ...app, clientSecret: new Secret(randomToken()) };

/** @returns why the platform refused; null where it had no reason to */
const present = async (context: Context, app: App): Promise<EvergrantError | null> => {
  const verdict = await verdictOn(context, app).catch(verdictOfFault);
  return verdict === null || verdict.kind === 'tokens' ? null : verdict.error;
};

const verdictOn = async (context: Context, app: App): Promise<Verdict | null> => {
  const protocol = context.apps.protocol(app);
  const { redirectUri, scopes } = app;
  const state = randomToken();
  if (app.definition.protocol.kind === 'oauth1') {
    await protocol.authorize(app, { state, scopes, redirectUri, reconnect: false, instance: null });
    return null;
  }
  const parameters = new URLSearchParams({ code: randomToken(), state, ...issuerOf(app) });
  const input = { parameters, state, secrets: { verifier: randomToken() }, redirectUri };
  return protocol.read(app, 'exchange', await protocol.sendExchange(app, input));
};

/** A platform that names itself in its answers (RFC 9207) is answered for as if it had. */
const issuerOf = (app: App): { iss?: string } => {
  const { protocol } = app.definition;
  if (protocol.kind !== 'oauth2' || protocol.issuer === undefined) return {};
  return { iss: fillPlaceholders(protocol.issuer, variablesOf(app)) };
};

import { EvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import type { AppSettings } from '../protocols/types.ts';
import { connections, type FlowRow, flows, grants } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import { normaliseInstance } from './instance.ts';
import { checkReturnUrl } from './return-url.ts';
import { hashToken, randomToken } from './tokens.ts';

/** How long a person may take from the link to the platform's answer. */
export const flowLifetime = 10 * 60_000;

export interface ConnectInput {
  /** Left out, the person chooses. */
  provider?: string;
  /** The application's own id of the user or tenant. */
  owner: string;
  /** Narrower than the configured scopes. */
  scopes?: string[];
  /** Where the browser goes in the end; its origin must be allowed. */
  returnTo?: string;
  /** Reconnects this connection. */
  connectionId?: string;
  /**
   * Where the account lives, where the provider has several servers: the host of one, an address or `@user@host`, or a
   * handle. Left out, the person is asked.
   */
  instance?: string;
  metadata?: Record<string, unknown>;
  /** The application hands the link to its own signed-in user: no page asks before the platform does. */
  skipConfirmation?: boolean;
}

export interface StartedFlow {
  id: string;
  status: 'pending';
  /** The link to open in the person's browser. */
  url: string;
  /** Reads this flow's status from a browser, for 30 minutes. */
  statusToken: string;
  expiresAt: string;
}

export interface FlowOptions {
  publicUrl: string;
  /** Origins to which a flow may return; ours among them. */
  returnOrigins: readonly string[];
}

/** @throws EvergrantError `provider_unknown`, `provider_not_configured`, `scope_not_allowed`, `return_url_not_allowed`, `connection_not_found`, `invalid_request`, `target_not_allowed` */
export const startFlow = async (context: Context, options: FlowOptions, input: ConnectInput): Promise<StartedFlow> => {
  const { store, clock } = context;
  const reconnecting = await findReconnected(context, input);
  const provider = reconnecting?.provider ?? input.provider ?? null;
  const settings = provider === null ? null : context.apps.get(provider);
  if (settings) checkScopesAllowed(settings, input.scopes);
  const known = settings?.definition.instance?.isAccount ? reconnecting?.account : reconnecting?.instance;
  const instance = input.instance ?? known ?? null;
  const now = clock.now();
  const [link, statusToken] = [randomToken(), randomToken()];
  const flow: FlowRow = {
    id: newId('flow'),
    status: 'pending',
    owner: input.owner,
    provider,
    instance: settings && instance !== null ? normaliseInstance(settings, instance) : instance,
    client_id: null,
    scopes: input.scopes ? JSON.stringify(input.scopes) : null,
    return_to: input.returnTo === undefined ? null : checkReturnUrl(input.returnTo, options.returnOrigins),
    connection_id: reconnecting?.id ?? null,
    metadata: JSON.stringify(input.metadata ?? {}),
    skip_confirmation: input.skipConfirmation ? 1 : 0,
    link_hash: hashToken(link),
    status_token_hash: hashToken(statusToken),
    browser_hash: null,
    state_hash: null,
    authorization_sealed: null,
    redirect_uri: null,
    grant_id: null,
    choices_sealed: null,
    connection_ids: '[]',
    error: null,
    created_at: now,
    updated_at: now,
    expires_at: now + flowLifetime,
  };
  await flows.insert(store.db, flow);
  const expiresAt = new Date(flow.expires_at).toISOString();
  return { id: flow.id, status: 'pending', url: `${options.publicUrl}/connect/${link}`, statusToken, expiresAt };
};

/**
 * The connection that a flow reconnects; null: it makes a new one.
 *
 * @throws EvergrantError `connection_not_found`, also where it is another owner's or provider's
 */
export const findReconnected = async (
  context: Context,
  input: Pick<ConnectInput, 'provider' | 'owner' | 'connectionId'>,
) => {
  if (input.connectionId === undefined) return null;
  const connection = await connections.byId(context.store.db, input.connectionId);
  const fits = connection?.owner === input.owner && (input.provider ?? connection.provider) === connection.provider;
  if (!connection || !fits) throw new EvergrantError('connection_not_found', { connectionId: input.connectionId });
  const grant = await grants.byId(context.store.db, connection.grant_id);
  const { id, provider, account_id: account } = connection;
  return { id, provider, account, instance: grant?.instance ?? null };
};

/** A caller may narrow the configured scopes, never widen them. */
export const checkScopesAllowed = (app: AppSettings, scopes: string[] | undefined): void => {
  const beyond = (scopes ?? []).filter((scope) => !app.scopes.includes(scope));
  if (beyond.length > 0) {
    throw new EvergrantError('scope_not_allowed', {
      provider: app.provider,
      detail: `Not configured for ${app.definition.name}: ${beyond.join(', ')}`,
    });
  }
};

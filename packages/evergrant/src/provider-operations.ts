import { isStatelessRefusal } from './connections/callback.ts';
import type { Connections } from './connections/connections.ts';
import type { Flows } from './connections/flows.ts';
import { refreshProfile } from './connections/profile.ts';
import { type Connection, guided } from './connections/view.ts';
import { EvergrantError, isEvergrantError } from './errors/index.ts';
import type { Context } from './grants/context.ts';
import { readAccessToken } from './grants/read.ts';
import type { Renewals } from './grants/renew.ts';
import { checkScopes } from './grants/scopes.ts';
import { classify } from './protocols/errors.ts';
import { reportedScopes } from './protocols/oauth2/scopes.ts';
import type { ErrorClass, Phase } from './providers/define.ts';
import type { Catalogue } from './providers/load.ts';

/** For whom an account is to be connected, and how. */
export interface AuthUrlInput {
  /** The application's own id of the user or tenant. */
  owner: string;
  /** Narrower than the configured scopes. */
  scopes?: string[];
  /** Reconnects this connection. */
  refresh?: string;
  /** Where the account lives, at platforms of many servers. */
  instance?: string;
  metadata?: Record<string, unknown>;
}

/** What came back from the platform, and the state that was kept with the person's session meanwhile. */
export type AuthenticateInput = {
  /** The one that {@link ProviderOperations.generateAuthUrl} gave, **from the session** and not from the callback. */
  state: string;
  /** The connection that this must be the account of. */
  refresh?: string;
} & (
  | {
      /** The address at which the browser came back, whole, or the form that was posted there. */
      callback: string | URL | URLSearchParams;
    }
  | {
      /** The code alone: OAuth 2.0 at platforms that send nothing else worth checking. */
      code: string;
    }
);

/** An account with a token that is valid now. */
export interface AuthDetails {
  /** The account's id at the platform. */
  id: string;
  name: string | null;
  username: string | null;
  picture: string | null;
  /** Null where it is bound to a key that stays here (DPoP): make calls with `evergrant.fetch`. */
  accessToken: string | null;
  /** Seconds for which the access token still lives; null: it has no end. */
  expiresIn: number | null;
  /** Everything else, its id among it. */
  connection: Connection;
}

/** What an error of a platform means: what to do, and a sentence for people. */
export interface HandledError {
  type: ErrorClass;
  value: string;
}

/** What is known about an erroneous answer beside its body. */
export interface ErrorFacts {
  /** Default 400. */
  status?: number;
  headers?: Headers | Record<string, string>;
  /** Path of the call: some platforms mean different things by one code. */
  path?: string;
  /** Default `api`: a call to the platform. */
  phase?: Phase;
}

/**
 * One platform, under the names that this field uses. They are made of the same steps as everything else here: verifier,
 * state and refresh token stay inside, an answer is durable before anything else is asked with it, and a renewal that is
 * under way elsewhere is waited for.
 */
export interface ProviderOperations {
  readonly id: string;
  readonly name: string;
  /** What a flow asks for. */
  readonly scopes: readonly string[];
  /** Calls at the same time, over all processes; null: no limit. */
  readonly maxConcurrentJob: number | null;
  /** Whether a refresh token works once. */
  readonly oneTimeToken: boolean;
  /** Seconds until a fresh token is usable at the platform. */
  readonly refreshWait: number;
  /**
   * The address at the platform to which to send the person's browser. The platform sends it back to the redirect URI,
   * `{publicUrl}/integrations/social/{id}`, which is then a route of the application that calls {@link authenticate}.
   *
   * @returns `state`, to be kept with the person's session (RFC 6749 section 10.12). It works once, for ten minutes
   * @throws EvergrantError `provider_not_configured`, `scope_not_allowed`, `connection_not_found`, `invalid_request`
   */
  generateAuthUrl(input: AuthUrlInput): Promise<{ url: string; state: string }>;
  /**
   * Exchanges the code, checks what was granted and asks who it is. Where required scopes are missing the connection is
   * `limited`; {@link checkScopes} refuses that.
   *
   * @throws EvergrantError why it failed: `flow_browser_mismatch` where the callback has another state, `consent_denied`,
   *   `code_rejected`, `account_mismatch` …; `account_selection_required` with `extensions.accounts` and
   *   `extensions.flow_id` for `evergrant.chooseAccounts`
   */
  authenticate(input: AuthenticateInput): Promise<AuthDetails>;
  /**
   * Renews now, then asks for the profile anew, which is no reason to fail.
   *
   * @param connectionId refresh tokens do not leave this house
   * @throws EvergrantError as `evergrant.refresh`
   */
  refreshToken(connectionId: string): Promise<AuthDetails>;
  /**
   * Whether every required scope is among the granted ones, as sets, with what one scope implies of others.
   *
   * @param granted as the platform reported them, a list or its text; silence means as asked (RFC 6749 section 5.1)
   * @throws EvergrantError `scope_insufficient` with `extensions.missing`
   */
  checkScopes(required: readonly string[], granted: string | readonly string[] | null | undefined): true;
  /** What an answer of the platform means; undefined where it is no error that concerns the connection. */
  handleErrors(body: unknown, answer?: ErrorFacts): HandledError | undefined;
}

interface Rooms {
  context: Context;
  publicUrl: string;
  catalogue: Catalogue;
  flows: Flows;
  connections: Connections;
  renewals: Renewals;
}

/** @throws EvergrantError `provider_unknown` */
export const providerOperations = (rooms: Rooms, id: string): ProviderOperations => {
  const { context, publicUrl, catalogue, flows, connections, renewals } = rooms;
  const provider = () => catalogue.get(id);
  const { definition } = provider();

  const details = async (connection: Connection): Promise<AuthDetails> => {
    const { account } = connection;
    const token = await readAccessToken(context, renewals, connection.id, { leaves: true }).catch((error: unknown) => {
      if (isEvergrantError(error, 'token_not_exportable')) return null;
      throw error;
    });
    const until = token ? token.expiresAt : connection.token.expiresAt;
    return {
      id: account.id,
      name: account.name,
      username: account.username,
      picture: account.picture,
      accessToken: token?.accessToken ?? null,
      expiresIn: until === null ? null : Math.max(0, Math.floor((Date.parse(until) - context.clock.now()) / 1000)),
      connection,
    };
  };

  return {
    id,
    name: definition.name,
    get scopes() {
      return provider().scopes;
    },
    maxConcurrentJob: definition.maxConcurrentJob ?? null,
    oneTimeToken: definition.refresh?.rotates === 'always',
    refreshWait: definition.refreshWait ?? 0,
    async generateAuthUrl({ refresh, ...input }) {
      const order = { ...input, provider: id, skipConfirmation: true };
      const flow = await flows.start(refresh === undefined ? order : { ...order, connectionId: refresh });
      return flows.lead(flow.id);
    },
    async authenticate({ state, refresh, ...answer }) {
      const parameters = 'code' in answer ? new URLSearchParams({ code: answer.code, state }) : sent(answer.callback);
      const returned = parameters.get('state');
      if (returned !== null && returned !== state) throw new EvergrantError('flow_browser_mismatch', { provider: id });
      // The session says to which attempt it belongs, as a browser's cookies do at the hosted pages.
      if (isStatelessRefusal(definition, parameters)) parameters.set('state', state);
      const browser = { tokenOf: () => state, flowIds: () => [] };
      const { id: flowId } = await flows.callback(id, parameters, browser, refresh);
      const flow = await flows.status(flowId);
      if (flow.error) throw flow.error;
      if (flow.status === 'choosing') {
        throw new EvergrantError('account_selection_required', {
          provider: id,
          extensions: { accounts: flow.accounts, flow_id: flowId },
        });
      }
      return details(flow.connections[0]!);
    },
    async refreshToken(connectionId) {
      if ((await connections.get(connectionId)).provider !== id) {
        throw new EvergrantError('connection_not_found', { connectionId });
      }
      return guided(context, publicUrl, async () => {
        await connections.refresh(connectionId);
        await refreshProfile(context, connectionId);
        return details(await connections.get(connectionId));
      });
    },
    checkScopes(required, granted) {
      const reported = reportedScopes(granted ?? '', definition.scopes.reported);
      const missing = reported === null ? [] : checkScopes(definition, [...required], reported);
      if (missing.length === 0) return true;
      throw new EvergrantError('scope_insufficient', {
        provider: id,
        detail: `Not granted: ${missing.join(', ')}`,
        extensions: { missing },
      });
    },
    handleErrors(body, { status = 400, headers = {}, path, phase = 'api' } = {}) {
      const plain = headers instanceof Headers ? Object.fromEntries(headers) : headers;
      const answer = { status, headers: plain, body, ...(path === undefined ? {} : { path }) };
      const meaning = classify(definition, phase, answer, context.clock.now());
      return meaning ? { type: meaning.class, value: meaning.rule?.message ?? sentences[meaning.class] } : undefined;
    },
  };
};

const sent = (callback: string | URL | URLSearchParams): URLSearchParams => {
  if (callback instanceof URLSearchParams) return new URLSearchParams(callback);
  const url = URL.parse(String(callback), 'http://callback.invalid');
  if (!url) throw new EvergrantError('callback_malformed', { detail: 'The callback is no address' });
  return url.searchParams;
};

/** Where the definition has no words of its own. */
const sentences: Record<ErrorClass, string> = {
  'refresh-token': 'The access token is not accepted any more. It is renewed, and the call can be made again.',
  reconnect: 'The platform has ended this connection. Connect the account again.',
  'app-misconfigured':
    'The platform does not accept this application. Whoever runs it must look at its settings there.',
  'missing-scope': 'A permission is missing. Connect the account again and leave every permission ticked.',
  'rate-limit': 'The platform asks us to slow down. Try again later.',
  retry: 'The platform does not answer as it should at the moment. Try again later.',
  'bad-body': 'The platform does not accept what was sent to it.',
};

import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import type { Context } from '../grants/context.ts';
import type { App } from '../protocols/types.ts';
import { connections, type FlowRow, flows, grants } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import { attach } from './attach.ts';
import {
  type Authorization,
  dropGrant,
  exchange,
  failFlow,
  finishFlow,
  openAuthorization,
  requestedScopes,
  sealAuthorization,
} from './exchange.ts';
import { type Flow, flowStatus, openChoices, toFlow } from './flow-view.ts';
import { checkReturnUrl } from './return-url.ts';
import { hashToken, matchesHash, randomToken } from './tokens.ts';
import { createUnderWay } from './under-way.ts';

/** How long a person may take from the link to the platform's answer. */
const flowLifetime = 10 * 60_000;

/** For so long after a flow began its status token reads its result. */
const statusTokenLifetime = 30 * 60_000;

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
  /** Host of the instance, where the provider has several. */
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

/** What the page behind a flow's link must do next. */
export type FlowStep =
  | { kind: 'choose_provider'; flow: FlowRow }
  | { kind: 'confirm'; flow: FlowRow; app: App; reconnectAccount: string | null }
  | { kind: 'redirect'; flow: FlowRow; url: string };

export interface FlowOptions {
  publicUrl: string;
  /** Origins to which a flow may return; ours among them. */
  returnOrigins: readonly string[];
}

export type Flows = ReturnType<typeof createFlows>;

/** Connect flows: from the link to the connection. Every method checks what it must, whoever calls it. */
export const createFlows = (context: Context, options: FlowOptions) => {
  const { store, clock } = context;
  const underWay = createUnderWay(context);

  /** @throws EvergrantError `provider_unknown`, `provider_not_configured`, `scope_not_allowed`, `return_url_not_allowed`, `connection_not_found` */
  const start = async (input: ConnectInput): Promise<StartedFlow> => {
    const reconnecting = await findReconnected(context, input);
    const provider = reconnecting?.provider ?? input.provider ?? null;
    if (provider !== null) checkScopesAllowed(context.apps.get(provider, input.instance), input.scopes);
    const now = clock.now();
    const [link, statusToken] = [randomToken(), randomToken()];
    const flow: FlowRow = {
      id: newId('flow'),
      status: 'pending',
      owner: input.owner,
      provider,
      instance: input.instance ?? null,
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
   * Opens a flow's link in a browser and binds it to that browser.
   *
   * @param browserOf the token that the browser's cookie holds for a flow
   * @returns what to show, and a new browser token where the cookie must be set
   * @throws EvergrantError `flow_not_found`, `flow_expired`, `flow_already_used`, `flow_browser_mismatch`
   */
  const open = async (
    link: string,
    browserOf: (flowId: string) => string | undefined,
  ): Promise<{ step: FlowStep; newBrowser: string | null }> => {
    const flow = await pendingByLink(link);
    const newBrowser = await bind(flow, browserOf(flow.id));
    const step = flow.skip_confirmation ? await proceed(flow) : await nextStep(flow);
    return { step, newBrowser };
  };

  /**
   * Goes on from a page of the flow: with the provider that the person chose, or confirmed.
   *
   * @throws EvergrantError as {@link open}, and `provider_unavailable` or the like when the platform cannot be asked
   */
  const confirm = async (
    link: string,
    browser: (flowId: string) => string | undefined,
    choice: { provider?: string },
  ): Promise<FlowStep> => {
    const flow = await pendingByLink(link);
    if (!matchesHash(browser(flow.id), flow.browser_hash)) throw new EvergrantError('flow_browser_mismatch');
    if (flow.provider !== null) return proceed(flow);
    if (choice.provider === undefined) return nextStep(flow);
    checkScopesAllowed(context.apps.get(choice.provider), requestedScopeList(flow));
    await flows.move(store.db, flow.id, ['pending'], { provider: choice.provider, updated_at: clock.now() });
    // Choosing a platform on our page is the confirmation.
    return proceed({ ...flow, provider: choice.provider });
  };

  const pendingByLink = async (link: string): Promise<FlowRow> => {
    const flow = await flows.byLink(store.db, hashToken(link));
    if (!flow) throw new EvergrantError('flow_not_found');
    checkPending(flow);
    return flow;
  };

  const checkPending = (flow: FlowRow): void => {
    const status = flowStatus(flow, clock.now());
    if (status === 'expired') throw new EvergrantError('flow_expired');
    if (flow.status !== 'pending') throw new EvergrantError('flow_already_used');
  };

  const bind = async (flow: FlowRow, browser: string | undefined): Promise<string | null> => {
    if (flow.browser_hash !== null) {
      if (matchesHash(browser, flow.browser_hash)) return null;
      throw new EvergrantError('flow_browser_mismatch');
    }
    const token = randomToken();
    if (await flows.bindBrowser(store.db, flow.id, hashToken(token), clock.now())) return token;
    throw new EvergrantError('flow_browser_mismatch');
  };

  const nextStep = async (flow: FlowRow): Promise<FlowStep> => {
    if (flow.provider === null) return { kind: 'choose_provider', flow };
    const account = flow.connection_id ? await connections.byId(store.db, flow.connection_id) : undefined;
    const reconnectAccount = account ? (account.name ?? account.username ?? account.account_id) : null;
    return { kind: 'confirm', flow, app: context.apps.get(flow.provider, flow.instance), reconnectAccount };
  };

  /** Makes the authorization request, once a flow: going back and forth shows the platform the same one. */
  const proceed = async (flow: FlowRow): Promise<FlowStep> => {
    if (flow.provider === null) return nextStep(flow);
    if (flow.authorization_sealed) return { kind: 'redirect', flow, url: openAuthorization(context, flow).url };
    const app = context.apps.get(flow.provider, flow.instance);
    const state = randomToken();
    const request = {
      state,
      scopes: requestedScopes(flow, app),
      redirectUri: app.redirectUri,
      reconnect: flow.connection_id !== null,
      instance: flow.instance,
    };
    let authorization: Authorization;
    try {
      authorization = { ...(await context.apps.protocol(app).authorize(app, request)), state };
    } catch (error) {
      const ours = isEvergrantError(error) ? error : new EvergrantError('internal');
      await failFlow(context, flow, ours);
      throw ours;
    }
    await flows.move(store.db, flow.id, ['pending'], {
      client_id: app.clientId,
      state_hash: hashToken(state),
      redirect_uri: app.redirectUri,
      authorization_sealed: sealAuthorization(context, flow.id, authorization),
      updated_at: clock.now(),
    });
    return { kind: 'redirect', flow, url: authorization.url };
  };

  /**
   * Takes the platform's answer (RFC 6749 section 4.1.2): checks path, browser, state and issuer, takes the flow exactly
   * once, exchanges the code and goes on to the end. What fails from there on ends the flow and is shown by its status.
   *
   * @param provider the provider of the path on which the answer came
   * @returns the flow, ended one way or the other
   * @throws EvergrantError of a refused answer, which spends nothing: `callback_malformed`, `flow_not_found`,
   *   `flow_expired`, `flow_already_used`, `issuer_mismatch`, `flow_browser_mismatch`
   */
  const callback = async (
    provider: string,
    parameters: URLSearchParams,
    browserOf: (flowId: string) => string | undefined,
  ): Promise<FlowRow> => {
    const state = stateOf(parameters);
    const flow = await flows.byState(store.db, hashToken(state));
    if (!flow) throw new EvergrantError('flow_not_found');
    checkPending(flow);
    if (flow.provider !== provider) {
      context.logger.error({ flow: flow.id, provider }, "an answer came on another provider's path");
      throw new EvergrantError('issuer_mismatch', { provider });
    }
    if (!matchesHash(browserOf(flow.id), flow.browser_hash)) throw new EvergrantError('flow_browser_mismatch');

    const app = context.apps.get(provider, flow.instance);
    const protocol = context.apps.protocol(app);
    const authorization = openAuthorization(context, flow);
    const secrets = { ...authorization.secrets, carried: protocol.carry(app, parameters) };
    const input = { parameters, state, secrets, redirectUri: flow.redirect_uri! };
    const refusal = await refusalOf(() => protocol.checkCallback(app, input));
    if (refusal?.code === 'callback_malformed') throw refusal;
    const changes = {
      status: 'exchanging' as const,
      authorization_sealed: sealAuthorization(context, flow.id, { ...authorization, secrets }),
      updated_at: clock.now(),
    };
    if (!(await flows.move(store.db, flow.id, ['pending'], changes))) throw new EvergrantError('flow_already_used');
    if (refusal) await failFlow(context, flow, refusal);
    else await underWay.carry(flow.id, exchange(context, { ...flow, status: 'exchanging' }, app, input));
    return (await flows.byId(store.db, flow.id))!;
  };

  /**
   * Chooses accounts of a flow that offers several.
   *
   * @throws EvergrantError `flow_not_found`, `flow_already_used`, `flow_expired`, `invalid_request`
   */
  const choose = async (flowId: string, accountIds: string[]): Promise<void> => {
    await store.transaction(async (tx) => {
      const flow = await flows.byId(tx, flowId);
      if (!flow) throw new EvergrantError('flow_not_found');
      if (flowStatus(flow, clock.now()) === 'expired') throw new EvergrantError('flow_expired');
      if (flow.status !== 'choosing' || !flow.grant_id) throw new EvergrantError('flow_already_used');
      const choices = openChoices(context, flow);
      const chosen = choices.accounts.filter((account) => accountIds.includes(account.id));
      const wrong = accountIds.filter((id) => !chosen.some((account) => account.id === id));
      if (chosen.length === 0 || wrong.length > 0 || chosen.some((account) => account.unavailable !== undefined)) {
        throw new EvergrantError('invalid_request', { detail: 'Choose at least one of the accounts on offer' });
      }
      const grant = (await grants.byId(tx, flow.grant_id))!;
      const app = context.apps.ofGrant(grant);
      const grantedScopes = JSON.parse(grant.scopes_granted) as string[];
      const ids = await attach(context, tx, { flow, grant, app, choices, chosen, grantedScopes });
      await finishFlow(context, tx, flow.id, ids);
    });
    context.notices.changed(flowId);
  };

  /**
   * A flow's state.
   *
   * @param wait milliseconds to wait for it to change from what it is now
   * @throws EvergrantError `flow_not_found`
   */
  const status = async (flowId: string, wait = 0): Promise<Flow> => {
    const until = clock.monotonic() + wait;
    let flow = await existing(flowId);
    const before = flowStatus(flow, clock.now());
    while ((before === 'pending' || before === 'choosing') && clock.monotonic() < until) {
      await context.notices.wait(flowId, Math.min(1000, until - clock.monotonic()));
      flow = await existing(flowId);
      if (flowStatus(flow, clock.now()) !== before) break;
    }
    return toFlow(context, options.publicUrl, flow);
  };

  const existing = async (flowId: string): Promise<FlowRow> => {
    const flow = await flows.byId(store.db, flowId);
    if (!flow) throw new EvergrantError('flow_not_found');
    return flow;
  };

  /** Whether a status token belongs to a flow and still reads it. */
  const checkStatusToken = async (flowId: string, token: string): Promise<'valid' | 'other_flow' | 'invalid'> => {
    const flow = await flows.byId(store.db, flowId);
    if (flow && matchesHash(token, flow.status_token_hash)) {
      return flow.created_at + statusTokenLifetime > clock.now() ? 'valid' : 'invalid';
    }
    return (await flows.byStatusToken(store.db, hashToken(token))) ? 'other_flow' : 'invalid';
  };

  /** Whether a browser is the one to which a flow is bound. */
  const isBrowserOf = (flow: FlowRow, browser: string | undefined): boolean => matchesHash(browser, flow.browser_hash);

  /** Ends flows whose time is over, takes up interrupted ones, and removes what a crash left behind. */
  const sweep = async (): Promise<void> => {
    const now = clock.now();
    await underWay.recover();
    for (const flow of await flows.overdue(store.db, now, 100)) await expire(context, flow);
    for (const grant of await grants.orphans(store.db, now - flowLifetime, 100)) {
      await store.transaction((tx) => dropGrant(context, tx, grant.id));
    }
    await flows.removeEnded(store.db, now - 24 * 60 * 60_000);
  };

  return {
    start,
    open,
    confirm,
    callback,
    choose,
    status,
    existing,
    checkStatusToken,
    isBrowserOf,
    recover: underWay.recover,
    idle: underWay.idle,
    sweep,
  };
};

const findReconnected = async (context: Context, input: ConnectInput) => {
  if (input.connectionId === undefined) return null;
  const connection = await connections.byId(context.store.db, input.connectionId);
  const fits = connection?.owner === input.owner && (input.provider ?? connection.provider) === connection.provider;
  if (!connection || !fits) throw new EvergrantError('connection_not_found', { connectionId: input.connectionId });
  return connection;
};

const requestedScopeList = (flow: FlowRow): string[] | undefined =>
  flow.scopes === null ? undefined : (JSON.parse(flow.scopes) as string[]);

/** A caller may narrow the configured scopes, never widen them. */
const checkScopesAllowed = (app: App, scopes: string[] | undefined): void => {
  const beyond = (scopes ?? []).filter((scope) => !app.scopes.includes(scope));
  if (beyond.length > 0) {
    throw new EvergrantError('scope_not_allowed', {
      provider: app.provider,
      detail: `Not configured for ${app.definition.name}: ${beyond.join(', ')}`,
    });
  }
};

/** @throws EvergrantError `callback_malformed` when there is none, or any parameter comes twice (RFC 6749 section 3.1) */
const stateOf = (parameters: URLSearchParams): string => {
  const names = [...parameters.keys()];
  const state = parameters.get('state');
  if (new Set(names).size !== names.length || !state) {
    const said = parameters.get('error');
    throw new EvergrantError('callback_malformed', {
      detail: state ? 'A parameter came twice' : 'The parameter state is missing',
      ...(said && /^[\w.-]{1,64}$/.test(said) ? { upstream: { code: said } } : {}),
    });
  }
  return state;
};

const refusalOf = async (check: () => Promise<void>): Promise<EvergrantError | null> => {
  try {
    await check();
    return null;
  } catch (error) {
    if (isEvergrantError(error)) return error;
    throw error;
  }
};

const expire = async (context: Context, flow: FlowRow): Promise<void> => {
  const now = context.clock.now();
  await context.store.transaction(async (tx) => {
    const changes = { status: 'expired' as const, authorization_sealed: null, choices_sealed: null, updated_at: now };
    if (!(await flows.move(tx, flow.id, [flow.status], { ...changes, grant_id: null }))) return;
    if (flow.grant_id !== null) await dropGrant(context, tx, flow.grant_id);
    const about = { owner: flow.owner, ...(flow.provider === null ? {} : { provider: flow.provider }) };
    await timeline.record(tx, now, 'flow.failed', about, { code: 'flow_expired', flow_id: flow.id });
  });
  context.notices.changed(flow.id);
};

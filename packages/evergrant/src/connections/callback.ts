import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import type { App } from '../protocols/types.ts';
import type { AnyDefinition } from '../providers/define.ts';
import { type FlowRow, flows } from '../store/index.ts';
import { openAuthorization, sealAuthorization } from './authorization.ts';
import { exchange } from './exchange.ts';
import { failFlow } from './flow-end.ts';
import { flowStatus } from './flow-view.ts';
import { findReconnected } from './start.ts';
import { hashToken, matchesHash } from './tokens.ts';
import type { UnderWay } from './under-way.ts';

/** The browser that brings an answer. */
export interface AnsweringBrowser {
  /** What binds it to a flow; undefined: nothing does. */
  tokenOf(flowId: string): string | undefined;
  /** The flows that began in it. */
  flowIds(): string[];
}

/**
 * Takes the platform's answer (RFC 6749 section 4.1.2, RFC 5849 section 2.2): checks path, browser, state and issuer,
 * takes the flow exactly once, exchanges the code and goes on to the end. What fails from there on ends the flow and is shown by its status.
 *
 * @param provider the provider of the path on which the answer came
 * @param reconnects the connection that this answer must be for, where the flow did not begin with one
 * @returns the flow, ended one way or the other
 * @throws EvergrantError of a refused answer, which spends nothing: `callback_malformed`, `flow_not_found`,
 *   `flow_expired`, `flow_already_used`, `issuer_mismatch`, `flow_browser_mismatch`, `connection_not_found`
 */
export const takeCallback = async (
  context: Context,
  underWay: UnderWay,
  provider: string,
  parameters: URLSearchParams,
  browser: AnsweringBrowser,
  reconnects?: string,
): Promise<FlowRow> => {
  const { store, clock } = context;
  const flow =
    (await refusedFlow(context, provider, parameters, browser)) ??
    (await flows.byState(store.db, hashToken(handleOf(context, provider, parameters))));
  if (!flow) throw new EvergrantError('flow_not_found');
  checkPending(context, flow);
  if (flow.provider !== provider) {
    context.logger.error({ flow: flow.id, provider }, "an answer came on another provider's path");
    throw new EvergrantError('issuer_mismatch', { provider });
  }
  if (!matchesHash(browser.tokenOf(flow.id), flow.browser_hash)) throw new EvergrantError('flow_browser_mismatch');
  const connectionId = await reconnectedBy(context, flow, reconnects);

  const app = context.apps.ofGrant({ provider, client_id: flow.client_id!, instance: flow.instance });
  const protocol = context.apps.protocol(app);
  const authorization = openAuthorization(context, flow);
  const carried = { ...authorization.secrets.carried, ...protocol.carry(app, parameters) };
  const secrets = { ...authorization.secrets, carried };
  const input = { parameters, state: authorization.state, secrets, redirectUri: flow.redirect_uri! };
  const refusal = await refusalOf(() => protocol.checkCallback(app, input));
  if (refusal?.code === 'callback_malformed') throw refusal;
  const changes = {
    status: 'exchanging' as const,
    connection_id: connectionId,
    authorization_sealed: sealAuthorization(context, flow.id, { ...authorization, secrets }),
    updated_at: clock.now(),
  };
  if (!(await flows.move(store.db, flow.id, ['pending'], changes))) throw new EvergrantError('flow_already_used');
  if (refusal) await failFlow(context, flow, refusal);
  else await underWay.carry(flow.id, exchange(context, { ...flow, ...changes }, app, input));
  return (await flows.byId(store.db, flow.id))!;
};

/** Whether an answer is a refusal that its platform sends without the state. */
export const isStatelessRefusal = ({ protocol }: AnyDefinition, parameters: URLSearchParams): boolean =>
  protocol.kind === 'oauth2' &&
  protocol.refusesWithoutState === true &&
  parameters.has('error') &&
  !parameters.has('state') &&
  !parameters.has('code');

/**
 * The flow that a refusal without a state ends: the only one that this browser has at the platform. A page elsewhere may
 * forge such a refusal, and gains nothing: the person begins anew, as after a refusal of their own.
 */
const refusedFlow = async (
  context: Context,
  provider: string,
  parameters: URLSearchParams,
  browser: AnsweringBrowser,
): Promise<FlowRow | undefined> => {
  const { store, clock } = context;
  const app = configuredApp(context, provider);
  if (!app || !isStatelessRefusal(app.definition, parameters)) return undefined;
  const began = await flows.byIds(store.db, browser.flowIds());
  const [flow, ...others] = began.filter(
    (one) =>
      one.provider === provider &&
      one.status === 'pending' &&
      one.state_hash !== null &&
      one.expires_at > clock.now() &&
      matchesHash(browser.tokenOf(one.id), one.browser_hash),
  );
  return others.length === 0 ? flow : undefined;
};

/** @throws EvergrantError `connection_not_found`; `invalid_request` where the flow began for another connection */
const reconnectedBy = async (context: Context, flow: FlowRow, named: string | undefined): Promise<string | null> => {
  if (named === undefined || named === flow.connection_id) return flow.connection_id;
  if (flow.connection_id !== null) {
    throw new EvergrantError('invalid_request', { detail: 'This attempt began for another connection' });
  }
  const { owner, provider } = flow;
  await findReconnected(context, { owner, provider: provider!, connectionId: named });
  return named;
};

/** @throws EvergrantError `flow_expired`, `flow_already_used` */
export const checkPending = (context: Context, flow: FlowRow): void => {
  const status = flowStatus(flow, context.clock.now());
  if (status === 'expired') throw new EvergrantError('flow_expired');
  if (flow.status !== 'pending') throw new EvergrantError('flow_already_used');
};

/**
 * The value by which an answer names its flow.
 *
 * @throws EvergrantError `callback_malformed` when there is none, or any parameter comes twice (RFC 6749 section 3.1)
 */
const handleOf = (context: Context, provider: string, parameters: URLSearchParams): string => {
  const names = [...parameters.keys()];
  const handle = ownHandleOf(context, provider, parameters) ?? parameters.get('state');
  if (new Set(names).size !== names.length || !handle) {
    const said = parameters.get('error');
    throw new EvergrantError('callback_malformed', {
      detail: handle ? 'A parameter came twice' : 'Nothing in it tells to which attempt it belongs',
      ...(said && /^[\w.-]{1,64}$/.test(said) ? { upstream: { code: said } } : {}),
    });
  }
  return handle;
};

/** The path of an answer may name a provider that nobody has configured, or that does not exist. */
const configuredApp = ({ apps }: Context, provider: string): App | undefined =>
  apps.list().find((candidate) => candidate.provider === provider);

/** Of a protocol without `state`. */
const ownHandleOf = (context: Context, provider: string, parameters: URLSearchParams): string | null => {
  const app = configuredApp(context, provider);
  return (app && context.apps.protocol(app).handleOf?.(app, parameters)) ?? null;
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

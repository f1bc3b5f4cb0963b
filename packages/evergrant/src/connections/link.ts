import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import type { App, AppSettings } from '../protocols/types.ts';
import { connections, type FlowRow, flows } from '../store/index.ts';
import { type Authorization, openAuthorization, sealAuthorization } from './authorization.ts';
import { checkPending } from './callback.ts';
import { endangeredBy } from './endangered.ts';
import { requestedScopes } from './exchange.ts';
import { failFlow } from './flow-end.ts';
import { normaliseInstance } from './instance.ts';
import { checkScopesAllowed } from './start.ts';
import { hashToken, matchesHash, randomToken } from './tokens.ts';

/** What the page behind a flow's link must do next. */
export type FlowStep =
  | { kind: 'choose_provider'; flow: FlowRow }
  /** `fault`: what is wrong with the instance that was named, and what was typed. */
  | { kind: 'choose_instance'; flow: FlowRow; app: AppSettings; fault?: { typed: string; error: EvergrantError } }
  | {
      kind: 'confirm';
      flow: FlowRow;
      app: AppSettings;
      reconnectAccount: string | null;
      /** Connections of the owner that this login may end, by name. */
      endangers: string[];
    }
  | { kind: 'redirect'; flow: FlowRow; url: string };

/** The pages behind a flow's link, up to the redirect to the platform. */
export const createLink = (context: Context) => {
  const { store, clock } = context;

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
   * Goes on from a page of the flow: with the provider or the instance that the person chose, or confirmed. Choosing on
   * our page, which names the owner, is the confirmation, unless there is something to be warned of.
   *
   * @throws EvergrantError as {@link open}, and `provider_unavailable` or the like when the platform cannot be asked
   */
  const confirm = async (
    link: string,
    browser: (flowId: string) => string | undefined,
    choice: { provider?: string; instance?: string },
  ): Promise<FlowStep> => {
    const flow = await pendingByLink(link);
    if (!matchesHash(browser(flow.id), flow.browser_hash)) throw new EvergrantError('flow_browser_mismatch');
    if (flow.provider === null) {
      if (choice.provider === undefined) return nextStep(flow);
      const settings = context.apps.get(choice.provider);
      checkScopesAllowed(settings, requestedScopeList(flow));
      // A host that was given before the provider was known could not be judged, and may be of no use to this one.
      const isOf = flow.instance !== null && settings.definition.instance !== undefined;
      const instance = isOf ? normaliseInstance(settings, flow.instance!) : null;
      const chosen = await changed(flow, { provider: choice.provider, instance });
      const next = await nextStep(chosen);
      return next.kind === 'confirm' && next.endangers.length > 0 ? next : proceed(chosen);
    }
    if (choice.instance === undefined || !lacksInstance(flow)) return proceed(flow);
    const app = context.apps.get(flow.provider);
    try {
      return await proceed(await changed(flow, { instance: normaliseInstance(app, choice.instance) }), true);
    } catch (error) {
      // A slip of the pen is put right on the page. Once something was sent the flow has failed.
      if (!isEvergrantError(error) || !isSlip(error)) throw error;
      return { kind: 'choose_instance', flow, app, fault: { typed: choice.instance, error } };
    }
  };

  /**
   * Makes the authorization request of a flow whose browser the application leads itself, instead of by the link. The
   * flow is bound to the `state`: only who shows it again can bring the platform's answer.
   *
   * @returns the address at the platform, and the state for the application to keep with the person's session
   * @throws EvergrantError `invalid_request` where the instance is missing; as {@link confirm}
   */
  const lead = async (flowId: string): Promise<{ url: string; state: string }> => {
    const begun = (await flows.byId(store.db, flowId))!;
    const step = await proceed(begun);
    if (step.kind !== 'redirect') {
      throw new EvergrantError('invalid_request', { detail: 'This platform has many servers: say which as instance' });
    }
    const { url, state } = openAuthorization(context, (await flows.byId(store.db, flowId))!);
    await flows.bindBrowser(store.db, flowId, hashToken(state), clock.now());
    return { url, state };
  };

  const changed = async (flow: FlowRow, changes: Partial<FlowRow>): Promise<FlowRow> => {
    await flows.move(store.db, flow.id, ['pending'], { ...changes, updated_at: clock.now() });
    return { ...flow, ...changes };
  };

  /** Whether the person must say where their account lives. */
  const lacksInstance = ({ provider, instance }: FlowRow): boolean =>
    provider !== null && instance === null && context.apps.get(provider).definition.instance !== undefined;

  const pendingByLink = async (link: string): Promise<FlowRow> => {
    const flow = await flows.byLink(store.db, hashToken(link));
    if (!flow) throw new EvergrantError('flow_not_found');
    checkPending(context, flow);
    return flow;
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
    if (lacksInstance(flow)) return { kind: 'choose_instance', flow, app: context.apps.get(flow.provider) };
    const account = flow.connection_id ? await connections.byId(store.db, flow.connection_id) : undefined;
    const reconnectAccount = account ? (account.name ?? account.username ?? account.account_id) : null;
    const app = context.apps.get(flow.provider, flow.instance);
    return { kind: 'confirm', flow, app, reconnectAccount, endangers: await endangeredBy(context, flow) };
  };

  /** Makes the authorization request, once a flow: going back and forth shows the platform the same one. */
  const proceed = async (flow: FlowRow, isTyped = false): Promise<FlowStep> => {
    if (flow.provider === null || lacksInstance(flow)) return nextStep(flow);
    if (flow.authorization_sealed) return { kind: 'redirect', flow, url: openAuthorization(context, flow).url };
    const settings = context.apps.get(flow.provider, flow.instance);
    const state = randomToken();
    const request = {
      state,
      scopes: requestedScopes(flow, settings),
      redirectUri: settings.redirectUri,
      reconnect: flow.connection_id !== null,
      instance: flow.instance,
    };
    let app: App;
    let authorization: Authorization;
    let stateHash = hashToken(state);
    try {
      app = await context.apps.ready(flow.provider, flow.instance);
      const { url, secrets, handle } = await context.apps.protocol(app).authorize(app, request);
      authorization = { url, secrets, state };
      if (handle !== undefined) stateHash = await freeHandle(app, handle);
    } catch (error) {
      const ours = isEvergrantError(error) ? error : new EvergrantError('internal');
      if (isTyped && ours.code === 'instance_not_found') await changed(flow, { instance: null });
      else await failFlow(context, flow, ours);
      throw ours;
    }
    const kept = await flows.setAuthorization(store.db, flow.id, {
      client_id: app.clientId,
      state_hash: stateHash,
      redirect_uri: app.redirectUri,
      authorization_sealed: sealAuthorization(context, flow.id, authorization),
      updated_at: clock.now(),
    });
    if (kept) return { kind: 'redirect', flow, url: authorization.url };
    // The link was opened twice at once, and the platform was asked twice: the answer that was kept counts for both.
    const current = (await flows.byId(store.db, flow.id))!;
    checkPending(context, current);
    return { kind: 'redirect', flow: current, url: openAuthorization(context, current).url };
  };

  /**
   * A handle that the platform chose. Nobody promises that it never comes again, and it must lead to this flow alone.
   *
   * @returns its hash
   * @throws EvergrantError `provider_bad_response` where a flow that still waits has the same
   */
  const freeHandle = async (app: App, handle: string): Promise<string> => {
    const hash = hashToken(handle);
    await flows.forgetEndedHandle(store.db, hash);
    if (!(await flows.byState(store.db, hash))) return hash;
    throw new EvergrantError('provider_bad_response', {
      provider: app.provider,
      detail: 'The platform gave the same request token twice.',
    });
  };

  return { open, confirm, lead };
};

/** What was typed names nothing: neither has the flow begun at a platform, nor is anything wrong with it. */
const isSlip = ({ code, errors }: EvergrantError): boolean =>
  code === 'instance_not_found' ||
  ((code === 'invalid_request' || code === 'target_not_allowed') && errors !== undefined);

const requestedScopeList = (flow: FlowRow): string[] | undefined =>
  flow.scopes === null ? undefined : (JSON.parse(flow.scopes) as string[]);

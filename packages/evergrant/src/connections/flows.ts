import { EvergrantError } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import type { Context } from '../grants/context.ts';
import { day } from '../grants/timing.ts';
import { type FlowRow, flows, grants, journal } from '../store/index.ts';
import { attach } from './attach.ts';
import { type AnsweringBrowser, takeCallback } from './callback.ts';
import { dropGrant, finishFlow } from './flow-end.ts';
import { type Flow, flowStatus, openChoices, toFlow } from './flow-view.ts';
import { createLink } from './link.ts';
import { type ConnectInput, type FlowOptions, flowLifetime, startFlow } from './start.ts';
import { hashToken, matchesHash } from './tokens.ts';
import { createUnderWay } from './under-way.ts';

export type { FlowStep } from './link.ts';
export type { ConnectInput, StartedFlow } from './start.ts';

/** For so long after a flow began its status token reads its result. */
const statusTokenLifetime = 30 * 60_000;

/** For so long an import that failed after its tokens were renewed can be taken up again. */
const unusedImportLifetime = 7 * day;

/** Flows are kept for so long after they ended. */
const endedFor = day;

export type Flows = ReturnType<typeof createFlows>;

/** Connect flows: from the link to the connection. Every method checks what it must, whoever calls it. */
export const createFlows = (context: Context, options: FlowOptions) => {
  const { store, clock } = context;
  const underWay = createUnderWay(context);

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
    for (const id of await grants.unusedImports(store.db, now - unusedImportLifetime, 100)) {
      await store.transaction((tx) => grants.remove(tx, id));
    }
    await flows.removeEnded(store.db, now - endedFor);
    await journal.removeOfEndedFlows(store.db, now - endedFor);
  };

  return {
    /** See {@link startFlow}. */
    start: (input: ConnectInput) => startFlow(context, options, input),
    ...createLink(context),
    /** See {@link takeCallback}. */
    callback: (provider: string, parameters: URLSearchParams, browser: AnsweringBrowser, reconnects?: string) =>
      takeCallback(context, underWay, provider, parameters, browser, reconnects),
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

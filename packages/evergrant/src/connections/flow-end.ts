import { EvergrantError } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import type { Context } from '../grants/context.ts';
import { openCredentials } from '../grants/credentials.ts';
import { personOf, queueRevocation } from '../grants/revocations.ts';
import { doubtEndedBy } from '../grants/siblings.ts';
import { type FlowRow, flows, grants, type Queryable } from '../store/index.ts';
import { toStoredFlowError } from './flow-view.ts';

/** Ends a flow as failed. What it had received is destroyed, and revoked where that ends nothing that lives. */
export const failFlow = async (context: Context, flow: FlowRow, error: EvergrantError): Promise<void> => {
  await context.store.transaction(async (tx) => {
    const now = context.clock.now();
    const current = await flows.byId(tx, flow.id);
    const changes = { status: 'failed' as const, error: toStoredFlowError(error), updated_at: now };
    if (!(await flows.move(tx, flow.id, ['pending', 'exchanging', 'choosing'], { ...changes, ...spent }))) return;
    if (current?.grant_id) await dropGrant(context, tx, current.grant_id);
    const about = { owner: flow.owner, ...(flow.provider === null ? {} : { provider: flow.provider }) };
    await timeline.record(tx, now, 'flow.failed', about, { code: error.code, flow_id: flow.id });
  });
  context.notices.changed(flow.id);
};

/** Nothing secret outlives a flow. */
const spent = { authorization_sealed: null, choices_sealed: null, grant_id: null } as const;

/** Destroys a grant that never came to serve a connection. The person consented all the same, and that may have ended others. */
export const dropGrant = async (context: Context, tx: Queryable, grantId: string): Promise<void> => {
  const grant = await grants.byId(tx, grantId);
  if (!grant) return;
  await grants.remove(tx, grantId);
  await doubtEndedBy(context, tx, grant);
  await queueRevocation(context, tx, personOf(grant), openCredentials(context.vault, grant));
};

/** Ends a flow as connected. @throws EvergrantError `flow_already_used` when it has ended otherwise in the meantime */
export const finishFlow = async (
  context: Context,
  tx: Queryable,
  flowId: string,
  connectionIds: string[],
): Promise<void> => {
  const moved = await flows.move(tx, flowId, ['exchanging', 'choosing'], {
    ...spent,
    status: 'connected',
    connection_ids: JSON.stringify(connectionIds),
    updated_at: context.clock.now(),
  });
  if (!moved) throw new EvergrantError('flow_already_used');
};

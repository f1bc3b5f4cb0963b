import { EvergrantError } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import type { Context } from '../grants/context.ts';
import { gateKey } from '../grants/gate.ts';
import { firstLook } from '../grants/looking.ts';
import { factsOf, nextWarning, planFor } from '../grants/plan.ts';
import { missingScopes } from '../grants/scopes.ts';
import { doubt, endedByConsent } from '../grants/siblings.ts';
import { toLife } from '../grants/timing.ts';
import type { App } from '../protocols/types.ts';
import type { Account } from '../providers/define.ts';
import {
  type ConnectionRow,
  connections,
  type FlowRow,
  type GrantRow,
  grants,
  type Queryable,
  type ScheduleRow,
  schedule,
} from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import type { Choices } from './flow-view.ts';

/** The accounts that a flow connects without asking; null: the person must choose. */
export const accountsWithoutChoice = (accounts: Account[], reconnecting: ConnectionRow | null): Account[] | null => {
  if (reconnecting) {
    const same = accounts.filter((account) => account.id === reconnecting.account_id);
    if (same.length === 0) throw mismatch(reconnecting);
    return same;
  }
  return accounts.length === 1 && accounts[0]!.unavailable === undefined ? accounts : null;
};

const mismatch = (connection: ConnectionRow): EvergrantError =>
  new EvergrantError('account_mismatch', {
    connectionId: connection.id,
    provider: connection.provider,
    detail: `The connection is for ${connection.name ?? connection.username ?? connection.account_id}`,
  });

/** For whom, and with what the application keeps beside it. */
type Order = Pick<FlowRow, 'provider' | 'owner' | 'metadata'>;

export interface Attachment {
  flow: Order;
  grant: GrantRow;
  app: App;
  choices: Choices;
  chosen: Account[];
  grantedScopes: string[];
}

/**
 * Makes connections of the chosen accounts, in one transaction: an account that this owner has connected before keeps
 * its connection and moves to the new grant. Siblings that the same old grant served move along when the new one
 * reaches them, so that one reconnect mends all of a person's pages. What else the consent has ended is looked at soon.
 *
 * @returns ids of the connections, in the order of `chosen`
 */
export const attach = async (context: Context, tx: Queryable, attachment: Attachment): Promise<string[]> => {
  const { flow, grant, app, choices, chosen, grantedScopes } = attachment;
  const now = context.clock.now();
  const missing = missingScopes(app.definition, JSON.parse(grant.scopes_requested) as string[], grantedScopes);
  const known = await Promise.all(chosen.map((account) => findConnection(tx, flow, account.id)));
  const leaving = new Set(known.flatMap((connection) => (connection ? [connection.grant_id] : [])));
  // What is imported was consented to elsewhere, nobody knows when.
  const isNew = grant.imported_mac === null;
  const person = { ...grant, subject: choices.person.id };
  const ended = isNew ? await endedByConsent(context, tx, app, person, grantedScopes) : [];
  // What the platform has ended is replaced where the new grant reaches the same accounts of the same owner.
  for (const { id, owner, provider } of ended) {
    if (owner === flow.owner && provider === grant.provider) leaving.add(id);
  }
  leaving.delete(grant.id);
  const olds = (await Promise.all([...leaving].map((id) => lockedGrant(tx, id)))).filter((old) => old !== undefined);

  await activate(context, tx, { grant, app, olds, now, subject: choices.person.id, grantedScopes });
  const writing = { context, tx, flow, grant, missing, now };
  const ids: string[] = [];
  for (const [index, account] of chosen.entries()) {
    ids.push(await writeConnection(writing, account, known[index], olds));
  }
  for (const old of olds) await moveSiblings(writing, old, choices.accounts);
  const left = await grants.byIds(
    tx,
    ended.map(({ id }) => id),
  );
  await doubt(context, tx, left);
  return ids;
};

/** Locked, so that no renewal of it is committed, and no sibling leaves it, before this transaction ends. */
const lockedGrant = async (tx: Queryable, id: string): Promise<GrantRow | undefined> => {
  await schedule.byGrant(tx, id, true);
  return grants.byId(tx, id);
};

const findConnection = (tx: Queryable, flow: Order, accountId: string) =>
  connections.byAccount(tx, { provider: flow.provider!, owner: flow.owner, accountId });

/** From here on the grant is kept fresh. Its generation goes on from those that it replaces: it never decreases. */
const activate = async (
  context: Context,
  tx: Queryable,
  {
    grant,
    app,
    olds,
    now,
    subject,
    grantedScopes,
  }: { grant: GrantRow; app: App; olds: GrantRow[]; now: number; subject: string; grantedScopes: string[] },
): Promise<void> => {
  const generation = Math.max(grant.generation, ...olds.map((old) => old.generation + 1));
  const facts = { ...factsOf(grant, now), generation };
  await grants.update(tx, grant.id, {
    status: 'active',
    subject,
    generation,
    scopes_granted: JSON.stringify(grantedScopes),
    warn_at: nextWarning(app, facts, now),
    ...firstLook(context, app),
    updated_at: now,
  });
  const plan = planFor(app, facts, now);
  const row = await schedule.byGrant(tx, grant.id, true);
  // Connecting is a use: the application is about to read the token.
  if (row) await schedule.update(tx, grant.id, { ...(row.lease_until === null ? plan : {}), last_used_at: now });
  else await schedule.insert(tx, { ...newSchedule(app, grant), ...plan, last_used_at: now });
  context.notices.changed('schedule');
};

/** The schedule of a grant for which nothing is to be done yet. */
export const newSchedule = (app: App, grant: Pick<GrantRow, 'id' | 'provider' | 'owner'>): ScheduleRow => ({
  urgency: 2,
  due_at: null,
  deadline_at: null,
  grant_id: grant.id,
  provider: grant.provider,
  client_id: gateKey(app).clientId,
  owner: grant.owner,
  lease_owner: null,
  lease_until: null,
  fence: 0,
  mark_id: null,
  mark_at: null,
  mark_hash: null,
  doubt_since: null,
  retry_at: null,
  last_used_at: null,
});

interface Writing {
  context: Context;
  tx: Queryable;
  flow: Order;
  grant: GrantRow;
  missing: string[];
  now: number;
}

const writeConnection = async (
  writing: Writing,
  account: Account,
  known: ConnectionRow | undefined,
  olds: GrantRow[],
): Promise<string> => {
  const { tx, flow, grant, missing, now } = writing;
  const id = known?.id ?? newId('conn');
  const facts = accountColumns(writing, id, account);
  const about = { id, owner: flow.owner, provider: grant.provider };
  if (known) {
    const metadata = { ...(JSON.parse(known.metadata) as object), ...(JSON.parse(flow.metadata) as object) };
    await connections.update(tx, id, { ...facts, metadata: JSON.stringify(metadata), disabled_at: null });
    const old = olds.find((candidate) => candidate.id === known.grant_id);
    const ended = old?.status === 'reauth_required' || known.ended_reason !== null;
    const recovered = ended || old?.degraded_at != null;
    await timeline.recordForConnections(tx, now, recovered ? 'connection.recovered' : 'connection.updated', [about]);
  } else {
    await connections.insert(tx, {
      ...facts,
      id,
      provider: grant.provider,
      owner: flow.owner,
      account_id: account.id,
      metadata: flow.metadata,
      disabled_at: null,
      created_at: now,
    });
    await timeline.recordForConnections(tx, now, 'connection.created', [about]);
  }
  if (missing.length > 0 && known?.scopes_missing !== JSON.stringify(missing)) {
    await timeline.recordForConnections(tx, now, 'connection.limited', [about], { missing });
  }
  return id;
};

const accountColumns = ({ context, grant, missing, now }: Writing, id: string, account: Account) => ({
  grant_id: grant.id,
  account_type: account.type ?? 'profile',
  name: account.name ?? null,
  username: account.username ?? null,
  picture: account.picture ?? null,
  url: account.url ?? null,
  token_sealed:
    account.token === undefined
      ? null
      : context.vault.seal(account.token, { table: 'connections', column: 'token_sealed', row: id }),
  token_expires_at: account.tokenExpiresIn === undefined ? null : now + toLife(account.tokenExpiresIn),
  scopes_missing: JSON.stringify(missing),
  ended_reason: null,
  ended_error: null,
  updated_at: now,
});

/**
 * Moves what else the old grant served. A grant that serves nothing any more is destroyed, without a revocation: the
 * platform may hold old and new for one grant (RFC 7009 section 2.1), and then revoking the old would kill the new.
 */
const moveSiblings = async (writing: Writing, old: GrantRow, accounts: Account[]): Promise<void> => {
  const { tx } = writing;
  let left = 0;
  for (const sibling of await connections.ofGrant(tx, old.id)) {
    const account = accounts.find((candidate) => candidate.id === sibling.account_id);
    if (account) await writeConnection(writing, account, sibling, [old]);
    else left++;
  }
  if (left === 0) await grants.remove(tx, old.id);
};

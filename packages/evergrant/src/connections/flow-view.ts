import { type ErrorCode, EvergrantError, errorCodes, type Upstream } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import { isoTime } from '../grants/read.ts';
import type { Account, AccountFacts } from '../providers/define.ts';
import { connections, type FlowRow } from '../store/index.ts';
import { type Connection, toConnection } from './view.ts';

/** A flow as the application that began it sees it. */
export interface Flow {
  id: string;
  status: 'pending' | 'choosing' | 'connected' | 'failed' | 'expired';
  owner: string;
  provider: string | null;
  connections: Connection[];
  /** What may be chosen, while `choosing`. */
  accounts: FlowAccount[];
  /** Why it failed. */
  error: EvergrantError | null;
  expiresAt: string;
}

export interface FlowAccount {
  id: string;
  type: string;
  name: string | null;
  username: string | null;
  picture: string | null;
  url: string | null;
  unavailable: string | null;
}

/** What identification found, kept sealed until accounts are chosen: accounts may carry tokens of their own. */
export interface Choices {
  person: AccountFacts;
  accounts: Account[];
}

const place = (flowId: string) => ({ table: 'flows', column: 'choices_sealed', row: flowId });

export const sealChoices = (context: Context, flowId: string, choices: Choices): Uint8Array =>
  context.vault.seal(JSON.stringify(choices), place(flowId));

export const openChoices = (context: Context, flow: FlowRow): Choices =>
  JSON.parse(context.vault.open(flow.choices_sealed!, place(flow.id))) as Choices;

/** Shows the status at `now`: a flow whose time is over has expired, whether or not anybody noted it. */
export const flowStatus = (flow: FlowRow, now: number): Flow['status'] => {
  const waits = flow.status === 'pending' || flow.status === 'choosing';
  if (waits && flow.expires_at <= now) return 'expired';
  return flow.status === 'exchanging' ? 'pending' : flow.status;
};

export const toFlow = async (context: Context, publicUrl: string, flow: FlowRow): Promise<Flow> => {
  const status = flowStatus(flow, context.clock.now());
  const ids = JSON.parse(flow.connection_ids) as string[];
  const records =
    status === 'connected' && ids.length > 0
      ? await connections.list(context.store.db, { ids, limit: ids.length }, context.clock.now())
      : [];
  return {
    id: flow.id,
    status,
    owner: flow.owner,
    provider: flow.provider,
    connections: records.map((record) => toConnection(context, publicUrl, record)),
    accounts: status === 'choosing' ? openChoices(context, flow).accounts.map(toFlowAccount) : [],
    error: status === 'failed' ? parseFlowError(flow) : status === 'expired' ? expired(flow) : null,
    expiresAt: isoTime(flow.expires_at),
  };
};

export const toFlowAccount = (account: Account): FlowAccount => ({
  id: account.id,
  type: account.type ?? 'profile',
  name: account.name ?? null,
  username: account.username ?? null,
  picture: account.picture ?? null,
  url: account.url ?? null,
  unavailable: account.unavailable ?? null,
});

const expired = (flow: FlowRow): EvergrantError =>
  new EvergrantError('flow_expired', flow.provider === null ? {} : { provider: flow.provider });

interface StoredFlowError {
  code: ErrorCode;
  detail?: string;
  upstream?: Upstream;
  extensions?: Record<string, unknown>;
}

export const toStoredFlowError = ({ code, detail, upstream, extensions }: EvergrantError): string =>
  JSON.stringify({ code, detail, upstream, extensions } satisfies StoredFlowError);

export const parseFlowError = (flow: FlowRow): EvergrantError => {
  const stored = JSON.parse(flow.error ?? '{"code":"internal"}') as StoredFlowError;
  const code = errorCodes.includes(stored.code) ? stored.code : 'internal';
  return new EvergrantError(code, {
    detail: stored.detail,
    upstream: stored.upstream,
    extensions: stored.extensions,
    ...(flow.provider === null ? {} : { provider: flow.provider }),
  });
};

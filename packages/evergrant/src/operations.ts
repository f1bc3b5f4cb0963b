import type { Calls, RequestToSign } from './calls/index.ts';
import type { Connections, ListFilter, RenewalRecord } from './connections/connections.ts';
import type { Flow } from './connections/flow-view.ts';
import type { ConnectInput, Flows, StartedFlow } from './connections/flows.ts';
import type { ImportInput, Imports } from './connections/import.ts';
import { type Connection, guided as guidedTo } from './connections/view.ts';
import { EvergrantError } from './errors/index.ts';
import type { TimelineEvent } from './events/index.ts';
import type { TimelineQuery } from './events/timeline.ts';
import type { Context } from './grants/context.ts';
import { type Inspection, inspect } from './grants/inspection.ts';
import { type AccessToken, readAccessToken, replaceRejected } from './grants/read.ts';
import type { Renewals } from './grants/renew.ts';
import type { Page } from './store/index.ts';

/** What an application does with a running Evergrant. */
export interface Operations {
  /** Begins to connect an account. @throws EvergrantError `provider_not_configured`, `scope_not_allowed`, `return_url_not_allowed` … */
  connect(input: ConnectInput): Promise<StartedFlow>;
  /** A flow's state; `wait` milliseconds for it to change. @throws EvergrantError `flow_not_found` */
  getFlow(flowId: string, options?: { wait?: number }): Promise<Flow>;
  /** Chooses accounts of a flow that offers several. */
  chooseAccounts(flowId: string, accountIds: string[]): Promise<Flow>;
  /**
   * A token that lives at least `minValid` seconds, renewed first where it must be. Never an expired one.
   * @throws EvergrantError saying who must act
   */
  getAccessToken(connectionId: string, options?: { minValid?: number }): Promise<AccessToken>;
  /** "The platform answered 401 to the token of this generation": a newer one, or one renewal. */
  reportRejected(connectionId: string, generation: number): Promise<AccessToken>;
  /**
   * Makes a call to the platform with the connection's token, as `fetch` does, and gives the platform's answer.
   *
   * @param target below the base address of the provider's API, or absolute on one of its API's origins
   * @throws EvergrantError as {@link Operations.getAccessToken}; `target_not_allowed`, `provider_timeout` …
   */
  fetch(connectionId: string, target: string | URL, init?: RequestInit): Promise<Response>;
  /** The headers of a call that the application makes itself; `url` where the platform reads the token in the query. */
  sign(connectionId: string, request: RequestToSign): Promise<{ headers: Record<string, string>; url?: string }>;
  /** Renews now. */
  refresh(connectionId: string): Promise<Connection>;
  /** Disconnects, and revokes at the platform unless told not to. */
  disconnect(connectionId: string, options?: { revoke?: boolean }): Promise<{ revocationConfirmed: boolean }>;
  /**
   * Connects an account by tokens that another system holds. They can be renewed by the app that made them only, and by
   * one system at a time: whoever had them must stop renewing.
   *
   * @throws EvergrantError `invalid_request`, `provider_not_configured`, `account_selection_required` with the accounts,
   *   `reauth_required` when the tokens are dead …
   */
  importConnection(input: ImportInput): Promise<Connection>;
  getConnection(connectionId: string): Promise<Connection>;
  listConnections(filter?: ListFilter): Promise<Page<Connection>>;
  listEvents(connectionId: string, page?: { limit?: number; cursor?: string }): Promise<Page<TimelineEvent>>;
  /** The timeline of everything: newest first, or in order from the one after the event `after`. */
  listAllEvents(query?: TimelineQuery): Promise<Page<TimelineEvent>>;
  /** The last renewals of a connection's grant, newest first. */
  listRenewals(connectionId: string): Promise<RenewalRecord[]>;
  updateConnection(
    connectionId: string,
    changes: { metadata?: Record<string, unknown>; disabled?: boolean },
  ): Promise<Connection>;
  /** How the engine fares, for the operator. */
  inspect(): Promise<Inspection>;
}

/** The rooms behind the operations. */
export interface Rooms {
  context: Context;
  publicUrl: string;
  flows: Flows;
  connections: Connections;
  imports: Imports;
  renewals: Renewals;
  calls: Calls;
  timeline: { list(query: TimelineQuery): Promise<Page<TimelineEvent>> };
}

/** The operations of the library over the rooms that do the work. */
export const createOperations = (rooms: Rooms): Operations => {
  const { context, publicUrl, flows, connections, imports, renewals, calls, timeline } = rooms;
  const guided = <T>(work: () => Promise<T>): Promise<T> => guidedTo(context, publicUrl, work);
  return {
    connect: (input: ConnectInput) => flows.start(input),
    getFlow: (flowId: string, options: { wait?: number } = {}) => flows.status(flowId, options.wait),
    async chooseAccounts(flowId: string, accountIds: string[]) {
      await flows.choose(flowId, accountIds);
      return flows.status(flowId);
    },
    getAccessToken: (id: string, options: { minValid?: number } = {}) =>
      guided(async () => {
        checkMinValid(options.minValid);
        return readAccessToken(context, renewals, id, { ...options, leaves: true });
      }),
    reportRejected: (id: string, generation: number) =>
      guided(() => replaceRejected(context, renewals, id, generation, { leaves: true })),
    fetch: (id: string, target: string | URL, init: RequestInit = {}) =>
      guided(async () => {
        const request = new Request('http://call.invalid/', { ...init, ...(init.body ? { duplex: 'half' } : {}) });
        const { method, headers, body, signal } = request;
        return calls.call(id, { method, target: String(target), headers, body, signal });
      }),
    sign: (id: string, request: RequestToSign) => guided(() => calls.sign(id, request)),
    refresh: (id: string) => guided(() => connections.refresh(id)),
    disconnect: (id: string, options: { revoke?: boolean } = {}) => connections.disconnect(id, options),
    importConnection: async (input: ImportInput) => (await imports.run(input)).connection,
    getConnection: (id: string) => connections.get(id),
    listConnections: (filter?: ListFilter) => connections.list(filter),
    listEvents: (id: string, page?: { limit?: number; cursor?: string }) => connections.listEvents(id, page),
    listAllEvents: (query: TimelineQuery = {}) => timeline.list(query),
    listRenewals: (id: string) => connections.listRenewals(id),
    updateConnection: (id: string, changes: Parameters<Connections['update']>[1]) => connections.update(id, changes),
    inspect: () => inspect(context),
  };
};

const checkMinValid = (minValid: number | undefined): void => {
  if (minValid !== undefined && !(minValid >= 0)) {
    throw new EvergrantError('invalid_request', { detail: 'minValid must not be negative' });
  }
};

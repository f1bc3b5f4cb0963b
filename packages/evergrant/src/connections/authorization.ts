import type { Context } from '../grants/context.ts';
import type { FlowSecrets } from '../protocols/types.ts';
import type { FlowRow } from '../store/index.ts';

/** What a flow keeps between the authorization request and the callback. */
export interface Authorization {
  url: string;
  state: string;
  secrets: FlowSecrets;
}

const authorizationPlace = (flowId: string) => ({ table: 'flows', column: 'authorization_sealed', row: flowId });

export const sealAuthorization = (context: Context, flowId: string, authorization: Authorization): Uint8Array =>
  context.vault.seal(JSON.stringify(authorization), authorizationPlace(flowId));

export const openAuthorization = (context: Context, flow: FlowRow): Authorization =>
  JSON.parse(context.vault.open(flow.authorization_sealed!, authorizationPlace(flow.id))) as Authorization;

import type { Context } from '../grants/context.ts';
import { canonicalScopes } from '../grants/scopes.ts';
import { productsOf } from '../grants/siblings.ts';
import { sameScopes } from '../providers/sharing.ts';
import { connections, type FlowRow } from '../store/index.ts';
import { requestedScopes } from './exchange.ts';

/** So many are named at most. */
const most = 20;

/**
 * The owner's connections, by name, that a login is about to end if the same person signs in: those of the platform's
 * other products that use the same app with other scopes. What the login itself connects again is not among them.
 */
export const endangeredBy = async (context: Context, flow: FlowRow): Promise<string[]> => {
  const app = context.apps.list().find(({ provider }) => provider === flow.provider);
  if (app?.definition.consentEnds !== 'other-scopes') return [];
  const asked = requestedScopes(flow, app);
  const names: string[] = [];
  for (const provider of productsOf(context, app).filter((id) => id !== app.provider)) {
    const { definition } = context.apps.get(provider);
    const filter = { owner: flow.owner, provider, limit: most };
    for (const row of await connections.list(context.store.db, filter, context.clock.now())) {
      const granted = canonicalScopes(definition, JSON.parse(row.scopes_granted) as string[]);
      if (row.client_id !== app.clientId || row.status === 'reauth_required' || sameScopes(granted, asked)) continue;
      names.push(`${definition.name}: ${row.name ?? row.username ?? row.account_id}`);
    }
  }
  return names;
};

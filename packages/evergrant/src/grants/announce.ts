import * as timeline from '../events/index.ts';
import { connections } from '../store/index.ts';
import type { Settling } from './attempt.ts';
import { canonicalScopes, missingScopes } from './scopes.ts';

/** Tells the connections of a grant that it was renewed, and what that changed for them. */
export const announceRenewal = async (at: Settling, scopesGranted: string, generation: number): Promise<void> => {
  const { now, grant, served, writes } = at;
  writes.events.push(...timeline.eventsFor(now, 'connection.refreshed', served, { generation }));
  if (grant.status === 'reauth_required' || grant.degraded_at !== null) {
    writes.events.push(...timeline.eventsFor(now, 'connection.recovered', served));
  }
  if (scopesGranted !== grant.scopes_granted) await announceScopes(at, scopesGranted);
};

const announceScopes = async ({ tx, now, grant, served, app, writes }: Settling, scopesGranted: string) => {
  const requested = JSON.parse(grant.scopes_requested) as string[];
  const granted = canonicalScopes(app.definition, JSON.parse(scopesGranted) as string[]);
  const missing = missingScopes(app.definition, requested, granted);
  for (const connection of served) {
    if (connection.scopes_missing === JSON.stringify(missing)) continue;
    await connections.update(tx, connection.id, { scopes_missing: JSON.stringify(missing), updated_at: now });
    const type = missing.length > 0 ? 'connection.limited' : 'connection.updated';
    writes.events.push(...timeline.eventsFor(now, type, [connection], { missing }));
  }
};

import { sealGrant } from '../../packages/evergrant/src/grants/credentials.ts';
import { usableUntil } from '../../packages/evergrant/src/grants/timing.ts';
import type { ConnectionsTable, GrantsTable, ScheduleTable } from '../../packages/evergrant/src/store/index.ts';
import type { Vault } from '../../packages/evergrant/src/vault/index.ts';
import { accessToken, refreshToken } from './tokens.ts';

/** The app with which every seeded grant was made. */
export const app = { provider: 'bench', clientId: 'bench-client', clientSecret: 'bench-secret' };

export interface Rows {
  grants: GrantsTable;
  schedule: ScheduleTable;
  connections: ConnectionsTable;
}

/** Ids sort by age, as real ones do, and say the grant's number: SQL finds its time by it. */
export const idOf = (prefix: 'grant' | 'conn', index: number): string => `${prefix}_${String(index).padStart(32, '0')}`;

/** The digits of an id that hold the number. */
export const numberAt = { from: 'grant_'.length + 1 };

/**
 * An account that was connected half a life ago, with the first tokens of its chain, sealed as in production. When it
 * is due is planned later.
 *
 * @param lifetime of its access token, in milliseconds
 */
export const rowsOf = (vault: Vault, index: number, lifetime: number): Rows => {
  const id = idOf('grant', index);
  const issued = Date.now() - lifetime / 2;
  const common = { provider: app.provider, owner: `owner-${index % 1000}`, created_at: issued, updated_at: issued };
  return {
    grants: {
      ...common,
      id,
      client_id: app.clientId,
      instance: null,
      subject: `person-${index}`,
      status: 'active',
      reason: null,
      access_token_sealed: sealGrant(vault, id, 'access_token_sealed', accessToken(index, 0)),
      refresh_token_sealed: sealGrant(vault, id, 'refresh_token_sealed', refreshToken(index, 0)),
      candidate_sealed: null,
      extra_sealed: null,
      token_type: 'bearer',
      scopes_requested: '["read","write"]',
      scopes_granted: '["read","write"]',
      issued_at: issued,
      expires_at: usableUntil(issued, lifetime),
      lifetime,
      refresh_expires_at: null,
      consented_at: issued,
      warn_at: null,
      check_at: null,
      last_refreshed_at: null,
      generation: 1,
      token_fence: null,
      consent: 1,
      fail_count: 0,
      failing_since: null,
      degraded_at: null,
      last_error: null,
      imported_mac: null,
    },
    schedule: {
      grant_id: id,
      provider: app.provider,
      client_id: app.clientId,
      owner: common.owner,
      urgency: 2,
      due_at: null,
      lease_owner: null,
      lease_until: null,
      fence: 0,
      mark_id: null,
      mark_at: null,
      mark_hash: null,
      doubt_since: null,
      retry_at: null,
      deadline_at: null,
      last_used_at: null,
    },
    connections: {
      ...common,
      id: idOf('conn', index),
      grant_id: id,
      account_id: `account-${index}`,
      account_type: 'profile',
      name: `Person ${index}`,
      username: `person${index}`,
      picture: null,
      url: null,
      token_sealed: null,
      token_expires_at: null,
      scopes_missing: '[]',
      metadata: '{}',
      ended_reason: null,
      ended_error: null,
      disabled_at: null,
    },
  };
};

import { createSecretKey, randomBytes } from 'node:crypto';
import type { App, Protocol, RawAnswer } from '../protocols/types.ts';
import { defineProvider, oauth2, type ProviderDefinition } from '../providers/define.ts';
import type { DatabaseSettings } from '../settings/types.ts';
import { connections, grants, openStore, type Store, schedule } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import { silentLogger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createNotices } from '../telemetry/notices.ts';
import { untraced } from '../telemetry/tracing.ts';
import type { ManualClock } from '../testing/manual-clock.ts';
import { type PlatformKnobs, readMemoryAnswer } from '../testing/memory-platform.ts';
import { createVault, type Vault } from '../vault/index.ts';
import type { Apps, Context } from './context.ts';
import { sealGrant } from './credentials.ts';
import { createHealth } from './health.ts';
import { nextWarning, planFor } from './plan.ts';
import { createSpool } from './spool.ts';
import { usableUntil } from './timing.ts';
import { createUsage } from './usage.ts';

/*
 * What the tests of this room stand on: real code and a real database, a platform in memory, a clock moved by hand.
 */

export const definitionOf = (knobs: PlatformKnobs, refresh: ProviderDefinition['refresh'] = {}): ProviderDefinition =>
  defineProvider({
    id: 'acme',
    name: 'Acme',
    protocol: oauth2({ tokenEndpoint: 'https://acme.example/token' }),
    scopes: { required: [] },
    profile: { get: 'https://acme.example/me', map: { id: 'id' } },
    api: { baseUrl: 'https://acme.example' },
    refresh: {
      rotates: knobs.rotates ? 'always' : 'never',
      graceSeconds: knobs.grace / 1000,
      reuseRevokes: knobs.reuseRevokes,
      ...refresh,
    },
    revocationEnds: 'token',
  });

export const appOf = (definition: ProviderDefinition): App => ({
  provider: definition.id,
  clientId: 'client',
  clientSecret: null,
  definition,
  scopes: [],
  origins: {},
  trustedOrigins: new Set(),
  redirectUri: 'https://evergrant.example/integrations/social/acme',
  variables: {},
});

/** What a node does on the wire: the test decides what becomes of it. */
export type Send = (refreshToken: string, accessToken: string) => Promise<RawAnswer>;

export const protocolOf = (send: Send, revoked: (refreshToken: string | null) => void = () => {}): Protocol => ({
  authorize: async () => ({ url: '', secrets: {} }),
  checkCallback: async () => {},
  carry: () => ({}),
  sendExchange: async () => ({ status: 500, headers: {}, body: '' }),
  sendUpgrade: async () => null,
  async sendRenewal(_app, input, beforeSend) {
    beforeSend();
    return send(input.refreshToken ?? '', input.accessToken);
  },
  read: readMemoryAnswer,
  async revoke(_app, { refreshToken }) {
    revoked(refreshToken);
    return 'revoked';
  },
  sign: async (_app, _credentials, { url }) => ({ url, headers: {} }),
});

export const testVault = (): Vault => createVault([{ id: 'test', key: createSecretKey(randomBytes(32)) }]);

export const openTestStore = (clock: ManualClock, database: DatabaseSettings = { kind: 'sqlite', path: ':memory:' }) =>
  openStore(database, { clock, ownTime: true });

export const createTestContext = (options: {
  store: Store;
  vault: Vault;
  clock: ManualClock;
  app: App;
  protocol: Protocol;
  random?: () => number;
  node?: string;
  spoolFolder?: string;
}): Context => {
  const { store, vault, clock, app } = options;
  const apps: Apps = {
    get: () => app,
    ready: async () => app,
    ofGrant: () => app,
    currentClientId: () => app.clientId,
    protocol: () => options.protocol,
    getJson: async () => ({}),
    list: () => [app],
    handsOut: () => null,
    perInstance: () => [],
    prune: async () => {},
  };
  return {
    store,
    vault,
    clock,
    apps,
    logger: silentLogger,
    notices: createNotices(clock),
    health: createHealth(clock),
    usage: createUsage(),
    spool: createSpool(options.spoolFolder ?? null),
    metrics: createMetrics(),
    tracing: untraced,
    node: options.node ?? 'node',
    random: options.random ?? (() => 0.5),
    step: () => {},
  };
};

/** A connected account: a grant with its schedule, and one connection of it. */
export const seedGrant = async (
  context: Context,
  input: { refreshToken: string | null; lifetime: number | null; owner?: string; refreshExpiresAt?: number },
): Promise<{ grantId: string; connectionId: string }> => {
  const [id, connectionId] = [newId('grant'), newId('conn')];
  const { clock, vault } = context;
  const [app] = context.apps.list();
  const now = clock.now();
  const owner = input.owner ?? 'owner';
  const refreshExpiresAt = input.refreshExpiresAt ?? null;
  const facts = {
    id,
    generation: 1,
    hasRefreshToken: input.refreshToken !== null,
    issuedAt: now,
    expiresAt: usableUntil(now, input.lifetime),
    lifetime: input.lifetime,
    refreshExpiresAt,
    lastUsedAt: null,
  };
  await context.store.transaction(async (tx) => {
    await grants.insert(tx, {
      id,
      provider: app!.provider,
      client_id: app!.clientId,
      instance: null,
      owner,
      subject: `person of ${id}`,
      status: 'active',
      reason: null,
      access_token_sealed: sealGrant(vault, id, 'access_token_sealed', 'at-0'),
      refresh_token_sealed: sealGrant(vault, id, 'refresh_token_sealed', input.refreshToken),
      candidate_sealed: null,
      extra_sealed: null,
      token_type: 'bearer',
      scopes_requested: '[]',
      scopes_granted: '[]',
      issued_at: now,
      expires_at: facts.expiresAt,
      lifetime: input.lifetime,
      refresh_expires_at: refreshExpiresAt,
      consented_at: now,
      warn_at: nextWarning(app!, facts, now),
      last_refreshed_at: null,
      generation: 1,
      consent: 1,
      fail_count: 0,
      failing_since: null,
      degraded_at: null,
      last_error: null,
      created_at: now,
      updated_at: now,
    });
    await schedule.insert(tx, {
      ...planFor(app!, facts, now),
      grant_id: id,
      provider: app!.provider,
      client_id: app!.clientId,
      owner,
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
    await connections.insert(tx, {
      id: connectionId,
      grant_id: id,
      provider: app!.provider,
      owner,
      account_id: id,
      account_type: 'profile',
      name: null,
      username: null,
      picture: null,
      url: null,
      token_sealed: null,
      token_expires_at: null,
      scopes_missing: '[]',
      metadata: '{}',
      disabled_at: null,
      created_at: now,
      updated_at: now,
    });
  });
  return { grantId: id, connectionId };
};

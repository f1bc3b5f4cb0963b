import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openCandidate, openCredentials } from '../../src/grants/credentials.ts';
import { appOf, createTestContext, definitionOf, protocolOf, seedGrant } from '../../src/grants/test-support.ts';
import { oauth2, type ProviderDefinition, type Refresh } from '../../src/providers/define.ts';
import { type GrantRow, grants, openStore, type ScheduleRow, type Store, schedule } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { createManualClock } from '../../src/testing/manual-clock.ts';
import { createVault, parseKeys, toKeyObjects } from '../../src/vault/index.ts';
import type { TestDatabase } from '../postgres/support.ts';
import { type Api, createApi } from '../support/api.ts';
import {
  createInstallation,
  type Installation,
  newApiKey,
  newEncryptionKey,
  type Service,
} from '../support/evergrant.ts';
import type { RunningProcess } from '../support/process.ts';
import { expiresIn, type Kind, kinds, type Platform } from './platform.ts';

/** One `evergrant start` of several on the same database. */
export interface Node {
  service: Service;
  api: Api;
  url: string;
  /** Starts it in the same folder, after it has ended. */
  startAgain(): Promise<void>;
  /** Answers that lie in its spool. */
  spooled(): number;
  output(): string;
}

/** A connected account. */
export interface Account {
  grantId: string;
  connectionId: string;
  /** The refresh token with which it was connected; the platform knows the grant by it. */
  token: string;
}

export interface AccountOptions {
  kind?: Kind;
  /** Milliseconds for which its access token still lives; negative: it ran out. */
  living: number;
  /** Milliseconds until the engine may renew it. */
  dueIn: number;
}

export type Cluster = Awaited<ReturnType<typeof createCluster>>;

const lifetime = expiresIn * 1000;

export const definitionFor = (kind: Kind, platform: Platform, refresh: Refresh = {}): ProviderDefinition => ({
  ...definitionOf({ rotates: true, grace: kinds[kind], reuseRevokes: true, lifetime }, refresh),
  id: kind,
  protocol: oauth2({
    authorizationEndpoint: `${platform.origin}/authorize`,
    tokenEndpoint: `${platform.origin}/${kind}/token`,
    clientAuthentication: 'none',
  }),
});

export interface ClusterOptions {
  /** Settings of every node. */
  environment?: Record<string, string>;
  /** Over what the definitions say. */
  refresh?: Refresh;
}

/** What the nodes of a cluster share: database, keys, and the app at a platform. They end with the test. */
export const createCluster = async (database: TestDatabase, platform: Platform, options: ClusterOptions = {}) => {
  const apiKey = newApiKey();
  const encryptionKeys = newEncryptionKey();
  const vault = createVault(toKeyObjects(parseKeys(encryptionKeys)));
  const store = await openStore({ kind: 'postgres', url: database.url }, { clock: systemClock });
  onTestFinished(() => store.close());
  const providers = Object.fromEntries(
    (['strict', 'lenient'] as const).map((kind) => [
      kind,
      { clientId: 'client', definition: definitionFor(kind, platform, options.refresh) },
    ]),
  );

  const install = async (): Promise<Installation> => {
    const installation = await createInstallation({
      config: () => ({ providers }),
      environment: {
        DATABASE_URL: database.url.reveal(),
        ENCRYPTION_KEYS: encryptionKeys,
        EVERGRANT_API_KEY: apiKey,
        LOG_LEVEL: 'info',
        ...options.environment,
      },
    });
    onTestFinished(() => installation.dispose());
    return installation;
  };

  const startNode = async (environment?: Record<string, string>): Promise<Node> => {
    const installation = await install();
    const spool = join(installation.folder, 'data', 'spool');
    const node: Node = {
      service: await installation.start(environment),
      api: createApi(installation.url, apiKey),
      url: installation.url,
      async startAgain() {
        node.service = await installation.start(environment);
      },
      spooled: () => listed(spool).length,
      output: () => installation.output(),
    };
    return node;
  };

  return {
    store,
    url: database.url.reveal(),
    encryptionKeys,
    providers,
    apiKey,
    vault,
    startNode,
    startNodes: (count: number): Promise<Node[]> => Promise.all(Array.from({ length: count }, () => startNode())),
    /** Runs another command on the same database. */
    launch: async (args: string[], environment?: Record<string, string>): Promise<RunningProcess> =>
      (await install()).launch(args, environment),
    connect: (options: AccountOptions): Promise<Account> => connect({ store, vault, platform }, options),
    /** What is stored for an account. */
    async stored({ grantId }: Account): Promise<Stored> {
      const grant = (await grants.byId(store.db, grantId))!;
      const row = (await schedule.byGrant(store.db, grantId))!;
      const { accessToken, refreshToken } = openCredentials(vault, grant);
      return { grant, row, accessToken, refreshToken: refreshToken!, candidate: openCandidate(vault, grant) };
    },
  };
};

export interface Stored {
  grant: GrantRow;
  row: ScheduleRow;
  accessToken: string;
  refreshToken: string;
  candidate: string | null;
}

const listed = (folder: string): string[] => {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    // It is made when there is something to write.
    return [];
  }
};

const connect = async (
  { store, vault, platform }: { store: Store; vault: ReturnType<typeof createVault>; platform: Platform },
  { kind = 'strict', living, dueIn }: AccountOptions,
): Promise<Account> => {
  const now = Date.now();
  const app = appOf(definitionFor(kind, platform));
  const protocol = protocolOf(() => Promise.reject(new Error('nothing is sent from here')));
  const context = createTestContext({ store, vault, clock: createManualClock(now), app, protocol });
  const token = platform.consent(kind);
  const { grantId, connectionId } = await seedGrant(context, { refreshToken: token, lifetime });
  const issuedAt = now + living - lifetime;
  await grants.update(store.db, grantId, { issued_at: issuedAt, expires_at: now + living, consented_at: issuedAt });
  await schedule.update(store.db, grantId, { due_at: now + dueIn });
  return { grantId, connectionId, token };
};

import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import { type Context, isRenewable } from '../grants/context.ts';
import { sealExtra, sealGrant } from '../grants/credentials.ts';
import { awaitRenewal } from '../grants/read.ts';
import type { RenewalOutcome, Renewals } from '../grants/renew.ts';
import { usableUntil } from '../grants/timing.ts';
import { withTokenSecret } from '../protocols/oauth1/token-secret.ts';
import type { App } from '../protocols/types.ts';
import type { Account } from '../providers/define.ts';
import { connections, type GrantRow, type GrantsTable, grants, type New, schedule } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import { accountsWithoutChoice, attach, newSchedule } from './attach.ts';
import { identifyPatiently } from './exchange.ts';
import { toFlowAccount } from './flow-view.ts';
import type { Identity } from './identify.ts';
import { checkImport, type ImportInput, type ImportOrder } from './import-input.ts';
import { type Connection, toConnection } from './view.ts';

export type { ImportInput } from './import-input.ts';

/** A connection that an import brought. `unchanged`: these very tokens were imported before. */
export interface Imported {
  connection: Connection;
  outcome: 'created' | 'updated' | 'unchanged';
}

export type Imports = ReturnType<typeof createImports>;

/**
 * Connections from tokens that another system holds. As with a consent, the tokens are durable before anything is asked
 * with them. An import that failed leaves nothing behind and revokes nothing, for whoever had the tokens still has them;
 * but once they were renewed here, what came of that stays, and importing the same tokens again goes on from there.
 */
export const createImports = (context: Context, renewals: Renewals, options: { publicUrl: string }) => {
  const { store, clock } = context;

  /** The grant of these tokens: the one that an earlier import has made, or a new one. */
  const keep = async (order: ImportOrder): Promise<GrantRow> => {
    const key = { provider: order.app.provider, client_id: order.app.clientId, imported_mac: macOf(context, order) };
    return store.transaction(async (tx) => {
      const known = await grants.byImport(tx, key);
      if (known && known.owner !== order.owner) {
        throw new EvergrantError('conflict', {
          provider: key.provider,
          detail:
            'These tokens are connected for another owner. Two holders of the same tokens would end them for each other',
        });
      }
      if (known?.status === 'active') return known;
      // It has ended; the same tokens get another try, in a grant to which its connections move when that succeeds.
      if (known) await grants.update(tx, known.id, { imported_mac: null });
      const row = grantOf(context, order, key.imported_mac);
      const isNew = await grants.insertImported(tx, row);
      if (isNew) await schedule.insert(tx, newSchedule(order.app, row));
      return (await grants.byImport(tx, key))!;
    });
  };

  /** What these tokens were imported as before; null: go on. */
  const connectedBefore = async (grant: GrantRow, accountId: string | undefined): Promise<string | null> => {
    const served = await connections.ofGrant(store.db, grant.id);
    if (accountId === undefined) return served.length === 1 ? served[0]!.id : null;
    return served.find((connection) => connection.account_id === accountId)?.id ?? null;
  };

  const renew = async (grant: GrantRow): Promise<GrantRow> => {
    const outcome = await awaitRenewal(context, renewals, grant.id, grant.generation, 'person');
    const renewed = await grants.byId(store.db, grant.id);
    if (renewed?.status === 'active' && renewed.generation > grant.generation) return renewed;
    throw errorOf(outcome).with({ provider: grant.provider });
  };

  /** Asks whose tokens these are; where the platform refuses the access token, once more with a renewed one. */
  const identifyWith = async (app: App, grant: GrantRow): Promise<Identity> => {
    const isOver = grant.expires_at !== null && grant.expires_at <= clock.now();
    const usable = isOver ? await renew(grant) : grant;
    try {
      return await identifyPatiently(context, app, usable);
    } catch (error) {
      if (!isEvergrantError(error) || usable !== grant) throw error;
      const { class: refusal } = error.extensions ?? {};
      const hasRefreshToken = usable.refresh_token_sealed !== null;
      const isDead = refusal === 'refresh-token' && !isRenewable(app, { hasRefreshToken });
      if (isDead || (refusal === 'reconnect' && error.code === 'reauth_required')) throw dead(app, error);
      if (refusal !== 'refresh-token') throw error;
      return identifyPatiently(context, app, await renew(usable));
    }
  };

  const connect = (order: ImportOrder, grantId: string, { person, accounts, grantedScopes }: Identity) =>
    store.transaction(async (tx) => {
      await schedule.byGrant(tx, grantId, true);
      const grant = await grants.byId(tx, grantId);
      if (grant?.status !== 'active') throw new EvergrantError('conflict', { provider: order.app.provider });
      const account = chosen(order, accounts);
      const place = { provider: order.app.provider, owner: order.owner };
      const known = await connections.byAccount(tx, { ...place, accountId: account.id });
      const [id] = await attach(context, tx, {
        flow: { ...place, metadata: JSON.stringify(order.metadata) },
        grant,
        app: order.app,
        choices: { person, accounts },
        chosen: [account],
        grantedScopes: grantedScopes ?? (JSON.parse(grant.scopes_granted) as string[]),
      });
      return { id: id!, outcome: known ? ('updated' as const) : ('created' as const) };
    });

  /** A failed import takes its grant with it, unless that holds tokens that nobody else has, or may have. */
  const letGo = (grantId: string): Promise<void> =>
    store.transaction(async (tx) => {
      const row = await schedule.byGrant(tx, grantId, true);
      const grant = await grants.byId(tx, grantId);
      if (!grant || (await connections.ofGrant(tx, grantId)).length > 0) return;
      const holdsMore = grant.status === 'active' && (grant.generation > 1 || row?.mark_id != null);
      if (!holdsMore) await grants.remove(tx, grantId);
    });

  const view = async (id: string): Promise<Connection> => {
    const record = await connections.record(store.db, id, clock.now());
    if (!record) throw new EvergrantError('connection_not_found', { connectionId: id });
    return toConnection(context, options.publicUrl, record);
  };

  return {
    /** Finds what is wrong with an import without asking anybody. @throws EvergrantError as {@link run} */
    check(input: ImportInput): void {
      checkImport(context, input);
    },
    /**
     * Imports tokens. One account is connected; the same tokens may be imported again for another account that they reach.
     *
     * @throws EvergrantError `provider_unknown`, `provider_not_configured` also where the tokens were made by another app,
     *   `invalid_request`, `conflict`, `account_selection_required` with the accounts to choose from, `reauth_required` when
     *   they are dead, and why the platform could not be asked
     */
    async run(input: ImportInput): Promise<Imported> {
      const order = checkImport(context, input);
      const grant = await keep(order);
      const before = await connectedBefore(grant, order.accountId);
      if (before !== null) return { connection: await view(before), outcome: 'unchanged' };
      try {
        const identity = await identifyWith(order.app, grant);
        const { id, outcome } = await connect(order, grant.id, identity);
        return { connection: await view(id), outcome };
      } catch (error) {
        await letGo(grant.id);
        throw error;
      }
    },
  };
};

/** The platform does not take the access token, and nothing can renew it. */
const dead = ({ provider }: App, { detail, upstream, extensions }: EvergrantError): EvergrantError =>
  new EvergrantError('reauth_required', {
    provider,
    detail,
    upstream,
    extensions: { reason: extensions?.['reason'] ?? 'revoked_or_expired' },
  });

/** The refresh token, where there is one: access tokens come and go. */
const macOf = ({ vault }: Context, { refreshToken, accessToken }: ImportOrder): string =>
  vault.mac(refreshToken ?? accessToken, 'import');

const grantOf = (context: Context, order: ImportOrder, mac: string): New<GrantsTable> & GrantRow => {
  const { vault } = context;
  const { app, accessToken, refreshToken, tokenSecret, scopes, expiresAt } = order;
  const id = newId('grant');
  const now = context.clock.now();
  const isOAuth1 = app.definition.protocol.kind === 'oauth1';
  const lifetime = expiresAt === null ? null : Math.max(0, expiresAt - now);
  return {
    id,
    provider: app.provider,
    client_id: app.clientId,
    instance: order.instance,
    owner: order.owner,
    subject: null,
    status: 'active',
    reason: null,
    access_token_sealed: sealGrant(vault, id, 'access_token_sealed', accessToken),
    refresh_token_sealed: sealGrant(vault, id, 'refresh_token_sealed', refreshToken),
    candidate_sealed: null,
    extra_sealed: sealExtra(vault, id, tokenSecret === null ? {} : withTokenSecret({}, tokenSecret)),
    token_type: isOAuth1 ? 'oauth1' : 'bearer',
    scopes_requested: JSON.stringify(app.scopes),
    scopes_granted: JSON.stringify(scopes ?? (isOAuth1 ? [] : app.scopes)),
    // When they were issued is not known; counted from now, they are renewed early enough.
    issued_at: now,
    expires_at: usableUntil(now, lifetime),
    lifetime,
    refresh_expires_at: null,
    consented_at: now,
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
    imported_mac: mac,
    created_at: now,
    updated_at: now,
  };
};

/** @throws EvergrantError `account_selection_required` with what may be chosen */
const chosen = ({ app, accountId }: ImportOrder, accounts: Account[]): Account => {
  const [only] = accountsWithoutChoice(accounts, null) ?? [];
  const account = accountId === undefined ? only : accounts.find(({ id }) => id === accountId);
  if (account?.unavailable !== undefined) {
    throw new EvergrantError('account_type_unsupported', { provider: app.provider, detail: account.unavailable });
  }
  if (account) return account;
  throw new EvergrantError('account_selection_required', {
    provider: app.provider,
    detail:
      accountId === undefined
        ? 'The tokens reach several accounts: name one as account_id'
        : 'The tokens do not reach the account that account_id names',
    extensions: { accounts: accounts.map(toFlowAccount) },
  });
};

const errorOf = (outcome: RenewalOutcome): EvergrantError => {
  if ('error' in outcome) return outcome.error;
  if (outcome.kind === 'not_renewable') return new EvergrantError('token_expired_not_renewable');
  if (outcome.kind === 'too_young') return new EvergrantError('refresh_cooling_down');
  return new EvergrantError('refresh_in_progress', { retryAfter: 2 });
};

import { isEvergrantError } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import type { Context } from '../grants/context.ts';
import { openCredentials } from '../grants/credentials.ts';
import { type ConnectionRow, connections, type GrantRow, grants, schedule } from '../store/index.ts';
import { type Identity, identify } from './identify.ts';

/** What of an account may change while it stays the same account. */
const changeable = ['name', 'username', 'picture', 'url'] as const;

type Facts = Pick<ConnectionRow, (typeof changeable)[number]>;

/**
 * Stores names, pictures and addresses as the platform gives them now. Which accounts there are, and with which tokens,
 * stays what it is: that was a person's choice. A new address of a picture alone is no event: at some platforms it is
 * another one each time.
 *
 * @returns whether anything has changed
 */
export const storeFacts = (context: Context, grant: GrantRow, { accounts }: Identity): Promise<boolean> =>
  context.store.transaction(async (tx) => {
    await schedule.byGrant(tx, grant.id, true);
    const current = await grants.byId(tx, grant.id);
    // Another consent tells its own.
    if (current?.consent !== grant.consent || current.subject !== grant.subject) return false;
    const now = context.clock.now();
    const changed = (await connections.ofGrant(tx, grant.id)).flatMap((connection) => {
      const account = accounts.find(({ id }) => id === connection.account_id);
      if (!account) return [];
      const facts = Object.fromEntries(changeable.map((name) => [name, account[name] ?? null])) as unknown as Facts;
      const differing = changeable.filter((name) => facts[name] !== connection[name]);
      return differing.length === 0 ? [] : [{ connection, facts, differing }];
    });
    for (const { connection, facts, differing } of changed) {
      await connections.update(tx, connection.id, { ...facts, updated_at: now });
      if (differing.some((name) => name !== 'picture')) {
        await timeline.recordForConnections(tx, now, 'connection.updated', [connection]);
      }
    }
    return changed.length > 0;
  });

/** One grant is read again for this reason at most once in so many milliseconds; so many are remembered. */
const rest = 3_600_000;
const remembered = 10_000;

/** Reads accounts again because somebody met an address of theirs that leads nowhere any more. */
export const createReread = (context: Context): ((connectionId: string) => Promise<boolean>) => {
  const { store, clock, apps, vault } = context;
  const lately = new Map<string, number>();

  const isTooSoon = (grantId: string): boolean => {
    if ((lately.get(grantId) ?? 0) > clock.now()) return true;
    lately.delete(grantId);
    lately.set(grantId, clock.now() + rest);
    const [oldest] = lately.keys();
    if (lately.size > remembered) lately.delete(oldest!);
    return false;
  };

  /**
   * Asks the platform with the token as it stands: nobody renews one for the sake of a picture.
   *
   * @returns whether anything has changed; false also where the platform could not be asked
   */
  return async (connectionId) => {
    const connection = await connections.byId(store.db, connectionId);
    const grant = connection && (await grants.byId(store.db, connection.grant_id));
    const isOut = grant?.expires_at != null && grant.expires_at <= clock.now();
    if (grant?.status !== 'active' || isOut || isTooSoon(grant.id)) return false;
    try {
      const { accessToken, extra } = openCredentials(vault, grant);
      const scopes = JSON.parse(grant.scopes_granted) as string[];
      const identity = await identify(apps.getJson, apps.ofGrant(grant), { accessToken, extra, scopes });
      return await storeFacts(context, grant, identity);
    } catch (error) {
      if (!isEvergrantError(error)) throw error;
      // What is wrong with the token, a renewal or a call will find; a picture is not the place to say so.
      return false;
    }
  };
};

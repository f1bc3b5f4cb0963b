import { type EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import { openCredentials } from '../grants/credentials.ts';
import { endGrant } from '../grants/failing.ts';
import { reauthError, toStoredFailure } from '../grants/failure.ts';
import { doubtSiblings, livingSiblings } from '../grants/siblings.ts';
import type { App } from '../protocols/types.ts';
import { type GrantRow, grants, type Queryable, schedule } from '../store/index.ts';
import { identify } from './identify.ts';

const minute = 60_000;

/** A look that brought no verdict is repeated after this, in milliseconds. */
const pause = 10 * minute;

/** A token younger than this may be refused by servers that do not know it yet. */
const infancy = minute;

/** For so long after a consent servers may still accept what it has ended. */
const settlingTime = 5 * minute;

/**
 * Asks the platform of grants in doubt, which nothing renews, whether their tokens still live (see `doubt`). A dead one
 * is set aside, so that its person learns of it before its application does.
 */
export const checkDoubted = async (context: Context): Promise<void> => {
  const due = await grants.dueForCheck(context.store.db, context.clock.now(), 20);
  await Promise.all(due.map((grant) => check(context, grant)));
};

const check = async (context: Context, grant: GrantRow): Promise<void> => {
  const { store, clock } = context;
  const now = clock.now();
  const young = grant.issued_at + infancy > now;
  // Put off before anybody is asked: no other node asks as well, and a look that never ends is repeated.
  const until = young ? grant.issued_at + infancy : now + pause;
  if (!(await grants.putOffCheck(store.db, grant.id, grant.check_at!, until)) || young) return;
  const verdict = await ask(context, grant);
  if (verdict === 'unknown') return;
  await store.write(async (tx) => {
    await schedule.byGrant(tx, grant.id, true);
    const current = await grants.byId(tx, grant.id);
    if (current?.status !== 'active') return;
    const replaced = current.consent !== grant.consent || current.generation !== grant.generation;
    if (verdict === 'alive' || replaced) {
      const again = verdict === 'alive' && !replaced && (await isSettling(context, tx, current));
      return grants.update(tx, grant.id, { check_at: again ? clock.now() + settlingTime : null });
    }
    await endGrant(tx, current, 'revoked', toStoredFailure(verdict, clock.now()), clock.now());
    await doubtSiblings(context, tx, context.apps.ofGrant(current), current, 'revoked');
  });
};

type Verdict = 'alive' | 'unknown' | EvergrantError;

/** Who it is, asked with the token itself; the accounts do not matter. */
const ask = async (context: Context, grant: GrantRow): Promise<Verdict> => {
  try {
    const app = withoutAccounts(context.apps.ofGrant(grant));
    const { accessToken, extra } = openCredentials(context.vault, grant);
    const scopes = JSON.parse(grant.scopes_granted) as string[];
    await identify(context.apps.getJson, app, { accessToken, extra, scopes });
    return 'alive';
  } catch (error) {
    if (!isEvergrantError(error)) throw error;
    const isDead = error.extensions?.class === 'reconnect' || error.extensions?.class === 'refresh-token';
    if (isDead) return reauthError({ reason: 'revoked' }, error.detail);
    // What else the platform says of a token, it says of one that it knows.
    return error.retryable ? 'unknown' : 'alive';
  }
};

/** Nothing of a token that is old enough is repeated either: its refusal is no false alarm. */
const withoutAccounts = (app: App): App => {
  const { accounts: _accounts, ...definition } = app.definition;
  const { retry: _retry, ...profile } = definition.profile;
  return { ...app, definition: { ...definition, profile } };
};

/** Whether a consent is so fresh that not every server may know yet what it has ended. */
const isSettling = async (context: Context, tx: Queryable, grant: GrantRow): Promise<boolean> => {
  const siblings = await livingSiblings(context, tx, context.apps.ofGrant(grant), grant);
  return siblings.some(({ consented_at }) => consented_at + settlingTime > context.clock.now());
};

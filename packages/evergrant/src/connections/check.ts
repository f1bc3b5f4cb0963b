import { type EvergrantError, isEvergrantError } from '../errors/index.ts';
import { type Context, isRenewable } from '../grants/context.ts';
import { openCredentials } from '../grants/credentials.ts';
import { endGrant } from '../grants/failing.ts';
import { reauthError, toStoredFailure } from '../grants/failure.ts';
import { appName } from '../grants/gate.ts';
import { lookInterval, nextLook } from '../grants/looking.ts';
import { doubtSiblings, livingSiblings } from '../grants/siblings.ts';
import { holdDuration } from '../grants/timing.ts';
import type { App } from '../protocols/types.ts';
import { inBatches } from '../providers/in-batches.ts';
import { type GrantRow, grants, installation, type Queryable, schedule } from '../store/index.ts';
import { type Identity, identify } from './identify.ts';
import { storeFacts } from './reread.ts';

/*
 * Looks at grants at the platform, beside their renewals: those in doubt, which nothing renews (see `doubt`); those that
 * their platform wants validated; those whose accounts are read again. A dead one is renewed, or set aside, so that its
 * person learns of it before its application does.
 */

const minute = 60_000;

/** A look that brought no verdict is repeated after this, in milliseconds. */
const pause = 10 * minute;

/** A token younger than this may be refused by servers that do not know it yet. */
const infancy = minute;

/** For so long after a consent servers may still accept what it has ended. */
const settlingTime = 5 * minute;

/** Grants that are taken together, and requests at the same time. */
const batch = 64;
const atOnce = 16;

/** After so many milliseconds the other chores have their turn. */
const longestRound = 5000;

/** @returns a round of looks at what is due; the next one goes on where it ended */
export const createLooks = (context: Context): (() => Promise<void>) => {
  const { store, clock, logger } = context;
  let begun = false;

  const look = async (grant: GrantRow, until: number): Promise<App | null> => {
    const app = appOf(context, grant);
    if (!app || context.health.isFailing(looksOf(app))) return null;
    const grown = grant.issued_at + infancy;
    if (grown > clock.now()) {
      await grants.putOffChecks(store.db, [grant.id], until, grown);
      return null;
    }
    // One that is out says nothing that its renewal does not.
    const isOut = grant.expires_at !== null && grant.expires_at <= clock.now();
    if (isOut && isRenewed(app, grant)) return null;
    const verdict = await ask(context, app, grant);
    context.health.note(looksOf(app), outcomes[verdict.kind]);
    context.metrics.validation(app.provider, validities[verdict.kind]);
    switch (verdict.kind) {
      case 'unknown':
        await grants.putOffChecks(
          store.db,
          [grant.id],
          until,
          Math.max(until, clock.now() + verdict.retryAfter * 1000),
        );
        return null;
      case 'dead':
        return bury(context, app, grant, verdict.error);
      case 'alive':
        if (verdict.identity && app.definition.profile.rereadSeconds)
          await storeFacts(context, grant, verdict.identity);
        return isRenewed(app, grant) ? app : settle(context, app, grant, until);
    }
  };

  const takeDue = async (): Promise<number> => {
    const until = clock.now() + pause;
    const taken = await grants.takeForCheck(store.db, clock.now(), until, batch);
    const looked = await inBatches(taken, atOnce, async (grant) => ({
      id: grant.id,
      // One that fails unexpectedly is looked at again; the others must not wait for it.
      app: await look(grant, until).catch((error: unknown) => {
        logger.error({ grant: grant.id, error }, 'a look at a grant failed; it comes again');
        return null;
      }),
    }));
    const alive = looked.flatMap(({ id, app }) => (app ? { id, app } : []));
    for (const [app, of] of Map.groupBy(alive, ({ app }) => app.definition)) {
      const ids = of.map(({ id }) => id);
      await grants.putOffChecks(store.db, ids, until, nextLook(context, { definition: app })!);
    }
    return taken.length;
  };

  return async () => {
    if (!begun) await beginLooks(context);
    begun = true;
    const end = clock.monotonic() + longestRound;
    while ((await takeDue()) === batch && clock.monotonic() < end);
  };
};

/** Grants that were made before their provider was looked at: once for each of these, not at each start. */
const beginLooks = async (context: Context): Promise<void> => {
  const { apps, store, clock } = context;
  const providers = new Set([...apps.list().map(({ provider }) => provider), ...apps.perInstance()]);
  for (const provider of providers) {
    const marker = `looks.${provider}`;
    if (lookInterval(apps.get(provider)) === null || (await installation.get(store.db, marker))) continue;
    await grants.beginChecks(store.db, provider, clock.now());
    await installation.setOnce(store.db, marker, new Uint8Array([1]));
  }
};

const appOf = ({ apps }: Context, grant: GrantRow): App | null => {
  try {
    return apps.ofGrant(grant);
  } catch (error) {
    if (isEvergrantError(error)) return null;
    throw error;
  }
};

/** Whether a renewal looks after a token that has ended. */
const isRenewed = (app: App, grant: GrantRow): boolean =>
  lookInterval(app) !== null && isRenewable(app, { hasRefreshToken: grant.refresh_token_sealed !== null });

/** Names the looks of an app beside its renewals, whose share of refusals they must not thin. */
const looksOf = (app: App): string => `${appName(app)} looks`;

const validities = { alive: 'valid', dead: 'invalid', unknown: 'unknown' } as const;

const outcomes = { alive: 'renewed', dead: 'refused', unknown: 'failed' } as const;

type Verdict =
  | { kind: 'alive'; identity: Identity | null }
  | { kind: 'dead'; error: EvergrantError }
  /** `retryAfter` in seconds. */
  | { kind: 'unknown'; retryAfter: number };

const ask = async (context: Context, app: App, grant: GrantRow): Promise<Verdict> => {
  try {
    return { kind: 'alive', identity: await question(context, app, grant) };
  } catch (error) {
    if (!isEvergrantError(error)) throw error;
    const isDead = error.extensions?.class === 'reconnect' || error.extensions?.class === 'refresh-token';
    if (isDead) return { kind: 'dead', error: reauthError({ reason: 'revoked' }, error.detail) };
    // What else the platform says of a token, it says of one that it knows.
    return error.retryable ? { kind: 'unknown', retryAfter: error.retryAfter ?? 0 } : { kind: 'alive', identity: null };
  }
};

/** As the platform wants to be asked; else who it is, with the accounts where they are read again. */
const question = async (context: Context, app: App, grant: GrantRow): Promise<Identity | null> => {
  const { accessToken, extra } = openCredentials(context.vault, grant);
  const { validation, profile } = app.definition;
  if (!validation) {
    const asked = profile.rereadSeconds === undefined ? withoutAccounts(app) : app;
    const scopes = JSON.parse(grant.scopes_granted) as string[];
    return identify(context.apps.getJson, asked, { accessToken, extra, scopes });
  }
  const { authentication = app.definition.api.authentication } = validation;
  const api = { ...app.definition.api, authentication };
  await context.apps.getJson(
    { ...app, definition: { ...app.definition, api } },
    { accessToken, extra },
    validation.get,
  );
  return null;
};

/** Nothing of a token that is old enough is repeated either: its refusal is no false alarm. */
const withoutAccounts = (app: App): App => {
  const { accounts: _accounts, ...definition } = app.definition;
  const { retry: _retry, ...profile } = definition.profile;
  return { ...app, definition: { ...definition, profile } };
};

/** When one that lives, and that nothing renews, is looked at again: soon, if a consent may have ended it just now. */
const settle = async (context: Context, app: App, grant: GrantRow, until: number): Promise<null> => {
  const { store, clock } = context;
  await store.write(async (tx) => {
    await schedule.byGrant(tx, grant.id, true);
    const current = await grants.byId(tx, grant.id);
    if (current?.status !== 'active' || current.check_at !== until) return;
    const again = !isReplaced(current, grant) && (await isSettling(context, tx, app, current));
    const checkAt = again ? clock.now() + settlingTime : nextLook(context, app);
    await grants.update(tx, grant.id, { check_at: checkAt });
  });
  return null;
};

const isReplaced = (current: GrantRow, seen: GrantRow): boolean =>
  current.consent !== seen.consent || current.generation !== seen.generation;

/** Whether a consent is so fresh that not every server may know yet what it has ended. */
const isSettling = async (context: Context, tx: Queryable, app: App, grant: GrantRow): Promise<boolean> => {
  const siblings = await livingSiblings(context, tx, app, grant);
  return siblings.some(({ consented_at }) => consented_at + settlingTime > context.clock.now());
};

/**
 * A dead access token is renewed at once where something can renew it: only a refused renewal ends a grant. Without one
 * the grant has ended, unless unusually many are refused, which is the platform's trouble.
 */
const bury = async (context: Context, app: App, grant: GrantRow, error: EvergrantError): Promise<null> => {
  const { store, clock } = context;
  await store.write(async (tx) => {
    const row = await schedule.byGrant(tx, grant.id, true);
    const current = await grants.byId(tx, grant.id);
    if (current?.status !== 'active' || isReplaced(current, grant)) return;
    const now = clock.now();
    if (isRenewable(app, { hasRefreshToken: current.refresh_token_sealed !== null })) {
      const isUnderWay = row?.lease_until != null && row.lease_until > now;
      if (!isUnderWay) await schedule.update(tx, grant.id, { due_at: Math.min(row?.due_at ?? now, now) });
    } else if (context.health.isRefusing(looksOf(app))) {
      await grants.update(tx, grant.id, { check_at: now + holdDuration });
    } else {
      await endGrant(tx, current, 'revoked', toStoredFailure(error, now), now);
      await doubtSiblings(context, tx, app, current, 'revoked');
    }
  });
  context.notices.changed('schedule');
  return null;
};

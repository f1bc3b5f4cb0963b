import type { ReauthReason } from '../errors/index.ts';
import type { App } from '../protocols/types.ts';
import { sameScopes, shareApp } from '../providers/sharing.ts';
import { type GrantRow, grants, type Queryable, schedule } from '../store/index.ts';
import { type Context, isRenewable } from './context.ts';
import { canonicalScopes } from './scopes.ts';

/*
 * What one person granted one app at several times, through one or several of the platform's products. At some
 * platforms these grants end each other; then they are looked at soon, rather than found dead when they are needed.
 */

/** The providers through which this app at the platform is used. */
export const productsOf = (context: Context, app: App): string[] => {
  const sharing = context.apps.list().filter((other) => shareApp(app, other));
  // An app that was registered at an instance is not in the list.
  return [...new Set([app.provider, ...sharing.map(({ provider }) => provider)])];
};

/** The other grants of the person that nobody has found ended. */
export const livingSiblings = async (
  context: Context,
  tx: Queryable,
  app: App,
  grant: GrantRow,
): Promise<GrantRow[]> => {
  if (grant.subject === null) return [];
  const { client_id: clientId, subject } = grant;
  const all = await grants.livingOfPerson(tx, { providers: productsOf(context, app), clientId, subject });
  return all.filter(({ id }) => id !== grant.id);
};

/** The grants that a new consent of the same person has ended, as far as the definition tells. */
export const endedByConsent = async (
  context: Context,
  tx: Queryable,
  app: App,
  grant: GrantRow,
  grantedScopes: string[],
): Promise<GrantRow[]> => {
  const rule = app.definition.consentEnds;
  if (rule === undefined) return [];
  const others = await livingSiblings(context, tx, app, grant);
  const isAlike = (other: GrantRow) =>
    sameScopes(canonicalScopes(app.definition, JSON.parse(other.scopes_granted) as string[]), grantedScopes);
  if (rule === 'other-scopes') return others.filter((other) => !isAlike(other));
  const counted = rule.ofSameScopes ? others.filter(isAlike) : others;
  // The new one is the first of those that may live.
  return counted.sort((one, other) => other.consented_at - one.consented_at).slice(rule.beyond - 1);
};

/**
 * Has grants looked at soon that may have ended: one that can be renewed is renewed, of another the platform is asked
 * whose it is. None is given up for a rule's sake.
 */
export const doubt = async (context: Context, tx: Queryable, doubted: GrantRow[]): Promise<void> => {
  if (doubted.length === 0) return;
  const now = context.clock.now();
  const rows = await schedule.lockedByGrants(
    tx,
    doubted.map(({ id }) => id),
  );
  for (const grant of doubted) {
    if (!isRenewable(context.apps.ofGrant(grant), { hasRefreshToken: grant.refresh_token_sealed !== null })) {
      await grants.update(tx, grant.id, { check_at: now });
      continue;
    }
    const row = rows.find(({ grant_id }) => grant_id === grant.id);
    const isUnderWay = row?.lease_until != null && row.lease_until > now;
    if (row?.due_at != null && row.due_at > now && !isUnderWay) await schedule.update(tx, grant.id, { due_at: now });
  }
  context.notices.changed('schedule');
};

/** As {@link doubt}, for what a consent has ended that led to no connection. */
export const doubtEndedBy = async (context: Context, tx: Queryable, grant: GrantRow): Promise<void> => {
  const app = context.apps
    .list()
    .find(({ provider, clientId }) => provider === grant.provider && clientId === grant.client_id);
  if (!app) return;
  const granted = canonicalScopes(app.definition, JSON.parse(grant.scopes_granted) as string[]);
  await doubt(context, tx, await endedByConsent(context, tx, app, grant, granted));
};

/** Ends that the person, or the platform on their behalf, brought about; not those that concern one grant only. */
const reachesFurther: readonly ReauthReason[] = ['revoked', 'revoked_or_expired', 'password_changed'];

/** Where a revocation ends everything of a person, one grant that ended puts the others in doubt. */
export const doubtSiblings = async (
  context: Context,
  tx: Queryable,
  app: App,
  grant: GrantRow,
  reason: ReauthReason,
): Promise<void> => {
  if (app.definition.revocationEnds !== 'person' || !reachesFurther.includes(reason)) return;
  await doubt(context, tx, await livingSiblings(context, tx, app, grant));
};

import type { App } from '../protocols/types.ts';
import type { GrantChanges, GrantRow } from '../store/index.ts';
import type { Context } from './context.ts';

/*
 * When a platform is asked about a grant without any doubt: because it wants to be (`validation`), or because what it said
 * of the accounts does not hold for ever (`profile.rereadSeconds`). The time stands in `check_at`, beside that of doubts.
 */

/** Milliseconds between two looks at a grant; null: nobody looks. */
export const lookInterval = ({ definition }: Pick<App, 'definition'>): number | null => {
  const seconds = definition.validation?.everySeconds ?? definition.profile.rereadSeconds;
  return seconds === undefined ? null : seconds * 1000;
};

/** When to look next; null: never. Always earlier than the interval allows, so that what began together drifts apart. */
export const nextLook = (context: Context, app: Pick<App, 'definition'>): number | null => {
  const interval = lookInterval(app);
  return interval === null ? null : Math.round(context.clock.now() + interval * (0.95 - context.random() / 10));
};

type Look = Pick<GrantChanges, 'check_at'>;

/** Where nobody looks, a doubt stays what it is. */
export const firstLook = (context: Context, app: App): Look => {
  const check_at = nextLook(context, app);
  return check_at === null ? {} : { check_at };
};

/** A fresh token counts as validated. What is read again keeps its time: tokens of an hour would put it off for ever. */
export const lookAfterRenewal = (context: Context, app: App, grant: Pick<GrantRow, 'check_at'>): Look =>
  app.definition.validation || grant.check_at === null ? firstLook(context, app) : {};

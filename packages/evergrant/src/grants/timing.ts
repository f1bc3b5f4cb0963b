import { hash } from 'node:crypto';
import { days, type Refresh } from '../providers/define.ts';

/*
 * When to refresh, as pure functions. All times and durations are milliseconds.
 */

/** H: the deadline of a request to a token endpoint. */
export const requestDeadline = 15_000;

/**
 * Once the database answers again, those who hold answers that it did not take try four times a second; for so long
 * nobody presents anew what they have presented.
 */
export const headStart = 1000;

/** How long a claim holds. The request must begin early enough to end, with its commit, within it. */
export const leaseDuration = 30_000;

/** Q: after so long no earlier sender can still report what became of its request. */
export const quietTime = leaseDuration;

/** How often an app whose credentials were refused is tried again. */
export const gateProbeInterval = 30_000;

/** How long a refusal ends no grant once unusually many are refused. */
export const holdDuration = 10 * 60_000;

/** Between two renewals on behalf of readers where the platform gives tokens without any life. */
export const readerPause = 30_000;

const second = 1000;
export const day = days(1) * second;

/** A life beyond it is as good as none that ends, and there are times that no database holds. */
const longestLife = 100 * 365 * day;

/** Whole milliseconds of a life in seconds as platforms give it: with fractions, or beyond all reason. */
export const toLife = <T extends number | null>(seconds: T): T extends number ? number : number | null =>
  (seconds === null ? null : Math.min(Math.floor(seconds * second), longestLife)) as T extends number
    ? number
    : number | null;

/** What is taken off an expiry, so that a token handed out survives its way to the platform. */
export const safetyMargin = (lifetime: number): number => Math.min(30 * second, lifetime / 10);

/** The end of a token's usable life; null when it has none. */
export const usableUntil = (issuedAt: number, lifetime: number | null): number | null =>
  lifetime === null ? null : Math.floor(issuedAt + lifetime - safetyMargin(lifetime));

/** What a reader gets at least when it asks for nothing: a minute, or half of a short life. */
export const defaultMinValid = (lifetime: number): number => Math.min(60 * second, lifetime / 2);

export interface DueInput {
  grantId: string;
  generation: number;
  issuedAt: number;
  /** Null: the token has no end. */
  lifetime: number | null;
  refreshExpiresAt: number | null;
  /** The access token renews itself and is lost once it has expired. */
  selfRefreshing: boolean;
  refresh: Refresh;
}

/**
 * When a grant should be renewed: at about three quarters of the life that the platform reported, earlier by a
 * jitter that is the same whenever it is computed; never in a hot loop, whatever the platform says.
 *
 * @returns null when there is nothing to renew for
 */
export const dueAt = (input: DueInput): number | null => {
  const { issuedAt, lifetime, refresh } = input;
  const idleEnd = refresh.idleLimitSeconds === undefined ? null : issuedAt + (refresh.idleLimitSeconds * second) / 2;
  if (lifetime === null) return idleEnd;
  const wanted = input.selfRefreshing ? lifetime / 2 : clamp(lifetime / 4, 2 * requestDeadline + 60 * second, 14 * day);
  const lead = Math.min(wanted, lifetime / 2);
  const jitter = fraction(input.grantId, input.generation) * Math.min(lifetime / 10, lead / 2);
  let due = issuedAt + Math.max((refresh.minimumAgeSeconds ?? 0) * second, lifetime - lead - jitter);
  if (idleEnd !== null) due = Math.min(due, idleEnd);
  const slides = !(refresh.lifetime && 'fixed' in refresh.lifetime);
  if (input.refreshExpiresAt !== null && slides) due = Math.min(due, keepAliveBefore(issuedAt, input.refreshExpiresAt));
  return Math.round(Math.max(due, issuedAt + Math.max(30 * second, lifetime / 4)));
};

/** In time for a refresh token that lives on with each renewal: a week before its end, or half of a short life. */
export const keepAliveBefore = (issuedAt: number, refreshExpiresAt: number): number =>
  refreshExpiresAt - Math.min(7 * day, Math.ceil((refreshExpiresAt - issuedAt) / 2));

/** Over so long those that an operator wants migrated are spread, in milliseconds: there is no hurry, and there are limits. */
const migrationSpread = day / 4;

/** When a token without an end is traded for one that is renewed. */
export const migrationDue = (grantId: string, now: number): number =>
  Math.round(now + fraction(grantId, 0) * migrationSpread);

/** A number in [0, 1) that depends on its input alone. */
const fraction = (grantId: string, generation: number): number =>
  Number.parseInt(hash('sha256', `${grantId} ${generation}`).slice(0, 8), 16) / 2 ** 32;

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/**
 * Full jitter: the pause before the next try after `failures` failures in a row, at most a minute, so that a
 * platform that is well again is noticed within one.
 *
 * @param random in [0, 1)
 */
export const backoff = (failures: number, random: number): number =>
  Math.round(Math.max(second, random * Math.min(60 * second, 5 * second * 2 ** Math.max(0, failures - 1))));

/** The longest pause that a platform is granted: who asks for more names a point in time, or something else is wrong. */
const longestPause = day;

/**
 * The pause that a platform asks for (`Retry-After`), kept to as long as that loses nothing: towards the end of what can
 * be renewed there are more and more attempts, whatever it asks for.
 *
 * @param retryAfter seconds
 * @param left until nothing that is stored can be renewed any more; null: no such time is known
 */
export const askedPause = (retryAfter: number | undefined, left: number | null = null): number => {
  const asked = Math.min((retryAfter ?? 0) * second, longestPause);
  return left === null ? asked : Math.min(asked, Math.max(60 * second, Math.round(left / 8)));
};

/** An attempt of unknown outcome, as the time of its retry depends on it. */
export interface Unresolved {
  /** When it was claimed. */
  markAt: number;
  /** When the first of several was that may have spent the stored credential. */
  since: number;
  /** End of the stored access token's usable life. */
  expiresAt: number | null;
  now: number;
}

/** Whether the platform still takes a token that was spent at `since` when a request of `now` reaches it at the latest. */
export const isInGrace = (refresh: Refresh, since: number, now: number): boolean =>
  now + requestDeadline < since + (refresh.graceSeconds ?? 0) * second;

/**
 * Recovery rule R: the earliest retry of a grant whose last attempt has an unknown outcome. If the platform rotated
 * the token and the answer is lost, presenting the old one may kill what is still alive; so the remaining life of
 * the access token is spent first where a second use would revoke, and the grace of the platform is used only while it
 * lasts.
 */
export const retryUnresolvedAt = (
  refresh: Refresh,
  selfRefreshing: boolean,
  { markAt, since, expiresAt, now }: Unresolved,
): number => {
  if (selfRefreshing || refresh.rotates === 'never') return markAt;
  const quietEnd = markAt + quietTime;
  if (isInGrace(refresh, since, Math.max(quietEnd, now))) return quietEnd;
  return refresh.reuseRevokes === false ? quietEnd : Math.max(quietEnd, expiresAt ?? 0);
};

import type { EvergrantError } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import type { App } from '../protocols/types.ts';
import { type GateKey, type GateRow, gates, type Queryable, schedule } from '../store/index.ts';
import type { Context } from './context.ts';
import { storedError, toStoredFailure } from './failure.ts';
import { askedPause, backoff, gateProbeInterval, holdDuration } from './timing.ts';

/*
 * The gate of an app: what its token endpoint takes, over all nodes, and whether anything is sent at all.
 */

/** Requests at a time, where the definition declares no limit. */
const defaultConcurrency = 128;

/** The share of an app's requests that background renewals may take: readers who wait find room. */
const backgroundShare = 0.8;

/** When a limit is reached, how soon room is looked for again. */
const limitPause = 250;

/** Probes at a time from which on a platform counts as well again. */
const wellAgain = 8;

export interface Permits {
  count: number;
  /** Only probes pass: the gate is blocked and its time has come. */
  probing: boolean;
  /** When there may be room, where there is none. */
  until: number;
  /** Why there is none, where the gate is blocked. */
  error: EvergrantError | null;
  /** What is left in the token bucket; null: no rate is declared, or none of it is taken yet. */
  available: number | null;
}

/**
 * Who asks for permits: the background leaves room for others, and a person is not kept waiting by an outage, for the
 * request shows whether it is over; refused credentials stop everybody. A `reservation` is the background where somebody
 * else sends, later.
 */
export type Asker = 'background' | 'reservation' | 'reader' | 'person';

/** Servers choose client ids, and two instances may choose the same: there the instance is part of the key. */
export const gateKey = ({ provider, clientId, definition, variables }: App): GateKey => ({
  provider,
  clientId: definition.instance?.registration ? `${clientId}@${variables['instance']}` : clientId,
});

/**
 * How many requests of an app may be sent now. Where limits are declared the app's row is locked until the transaction
 * ends, so that nodes that claim at the same moment do not both take what is left.
 */
export const permitsOf = async (tx: Queryable, app: App, now: number, by: Asker): Promise<Permits> => {
  const key = gateKey(app);
  const declared = app.definition.refresh?.limits;
  const gate = declared ? await locked(tx, key, now) : await shared(tx, key);
  const none = { count: 0, probing: false, available: null };
  const insists = by === 'person' && gate?.blocked_by === 'outage';
  if (gate?.blocked_by && gate.probe_at > now && !insists) {
    return { ...none, until: gate.probe_at, error: storedError({ last_error: gate.error }, gate.probe_at - now) };
  }
  const probing = gate?.blocked_by != null;
  const most = concurrencyOf(app, by);
  const limit = probing && !insists ? Math.min(gate.probes, most) : most;
  const room = limit - (await schedule.inFlight(tx, key, now));
  const perSecond = declared?.perSecond;
  if (perSecond === undefined) {
    return { count: Math.max(0, room), probing, until: now + limitPause, error: null, available: null };
  }
  const available = refilled(gate!, perSecond, now);
  // What is reserved takes of the rate when it is sent: paid before, it could gather, and be sent all at once.
  const left = by === 'reservation' ? available - (await schedule.reserved(tx, key, now)) : available;
  return {
    count: Math.max(0, Math.min(room, Math.floor(left))),
    probing,
    until: now + (available < 1 ? Math.ceil(((1 - available) / perSecond) * 1000) : limitPause),
    error: null,
    available: by === 'reservation' ? null : available,
  };
};

/** The row of an app with a limit, which nodes that come at the same moment must share. */
const locked = async (tx: Queryable, key: GateKey, now: number): Promise<GateRow | undefined> => {
  const gate = await gates.find(tx, key, true);
  if (gate) return gate;
  await gates.ensure(tx, key, now);
  return gates.find(tx, key, true);
};

/** The row of an app without one, locked where nodes must share a probe or would overwrite what another one found. */
const shared = async (tx: Queryable, key: GateKey): Promise<GateRow | undefined> => {
  const gate = await gates.find(tx, key);
  return gate?.blocked_by ? gates.find(tx, key, true) : gate;
};

const concurrencyOf = (app: App, by: Asker): number => {
  const limit = app.definition.refresh?.limits?.concurrency ?? defaultConcurrency;
  return by === 'reader' || by === 'person' ? limit : Math.max(1, Math.floor(limit * backgroundShare));
};

const refilled = (gate: GateRow, perSecond: number, now: number): number =>
  Math.min(Math.max(1, perSecond), gate.permits + ((now - gate.refilled_at) / 1000) * perSecond);

/** Takes so many permits. */
export const spend = async (tx: Queryable, app: App, permits: Permits, count: number, now: number): Promise<void> => {
  if (permits.available !== null) {
    await gates.update(tx, gateKey(app), { permits: permits.available - count, refilled_at: now });
  }
  // A probe that never reports must not keep the gate shut.
  if (permits.probing) await gates.update(tx, gateKey(app), { probe_at: now + gateProbeInterval });
};

/**
 * Takes of the rate for what was reserved, and is sent now.
 *
 * @returns how many of so many may be sent: readers may have been faster
 */
export const spendReserved = async (tx: Queryable, app: App, count: number, now: number): Promise<number> => {
  const perSecond = app.definition.refresh?.limits?.perSecond;
  if (perSecond === undefined) return count;
  const key = gateKey(app);
  const available = refilled((await locked(tx, key, now))!, perSecond, now);
  const taken = Math.min(count, Math.floor(available));
  await gates.update(tx, key, { permits: available - taken, refilled_at: now });
  return taken;
};

/**
 * Blocks an app: only probes are sent until one succeeds. No connection is blamed.
 *
 * @returns when the next probe may be sent
 */
export const block = async (
  context: Context,
  tx: Queryable,
  app: App,
  by: 'credentials' | 'outage',
  error: EvergrantError,
  now: number,
): Promise<number> => {
  const key = gateKey(app);
  await gates.ensure(tx, key, now);
  const gate = (await gates.find(tx, key, true))!;
  const failures = gate.blocked_by === null ? 0 : gate.failures + 1;
  // A platform that fails meanwhile does not say that the credentials are right now.
  const staysRefused = gate.blocked_by === 'credentials';
  const pause = by === 'credentials' || staysRefused ? gateProbeInterval : backoff(failures + 1, context.random());
  const probeAt = now + Math.max(pause, askedPause(error.retryAfter));
  await gates.update(tx, key, {
    blocked_by: staysRefused ? 'credentials' : by,
    opened_at: gate.opened_at ?? now,
    probe_at: probeAt,
    probes: 1,
    failures,
    error: staysRefused && by === 'outage' ? gate.error : toStoredFailure(error, now),
  });
  if (by === 'credentials' && !staysRefused) {
    await timeline.record(tx, now, 'provider.app_invalid', { provider: app.provider }, { code: error.code });
    context.logger.error(
      { provider: app.provider, error_code: error.code },
      'the platform refuses this app; its renewals wait',
    );
  } else if (gate.blocked_by === null) {
    context.logger.warn({ provider: app.provider, error_code: error.code }, 'the platform fails; its renewals wait');
  }
  return probeAt;
};

/**
 * A renewal succeeded while the gate was blocked: one probe more may be under way for each that did, which is twice as
 * many each time (1, 2, 4), until the platform is well again.
 */
export const unblock = async (context: Context, tx: Queryable, app: App, now: number): Promise<void> => {
  const key = gateKey(app);
  const gate = await shared(tx, key);
  if (!gate?.blocked_by) return;
  const probes = gate.probes + 1;
  if (gate.blocked_by === 'outage' && probes < wellAgain) {
    await gates.update(tx, key, { probes, probe_at: now, failures: 0 });
    return;
  }
  await gates.update(tx, key, {
    blocked_by: null,
    opened_at: null,
    probes: 1,
    failures: 0,
    error: null,
    probe_at: now,
  });
  await timeline.record(tx, now, 'provider.recovered', { provider: app.provider });
  context.logger.info({ provider: app.provider }, 'the platform is well again');
};

/**
 * Whether a refusal of this app is to be believed now. When unusually many grants are refused, an incident of the
 * platform, or wrong credentials that it reports as dead grants, must not disconnect everybody.
 *
 * @returns null, or until when refusals are held back
 */
export const holdOf = async (context: Context, tx: Queryable, app: App, now: number): Promise<number | null> => {
  const key = gateKey(app);
  if (context.health.isRefusing(appName(app))) {
    await gates.ensure(tx, key, now);
    const known = await gates.find(tx, key);
    const until = now + holdDuration;
    await gates.update(tx, key, { hold_until: until });
    if ((known?.hold_until ?? 0) <= now) {
      context.logger.error(
        { provider: app.provider },
        'unusually many grants are refused; no connection is ended for now',
      );
    }
    return until;
  }
  const gate = await gates.find(tx, key);
  return gate?.hold_until != null && gate.hold_until > now ? gate.hold_until : null;
};

/** Names an app in this process. */
export const appName = (app: App): string => Object.values(gateKey(app)).join(' ');

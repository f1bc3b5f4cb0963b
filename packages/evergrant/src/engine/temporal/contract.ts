/*
 * What workflows, activities and clients have agreed on. It stands in histories that outlive this version: names and
 * shapes are only added to, and nothing here may carry a token, a secret, or whose account it is.
 */

/** How a shard works; durations in milliseconds. */
export interface Tuning {
  /** Grants that one activity renews. */
  batch: number;
  /** Grants of a shard that are on their way at the same time. */
  maxInFlight: number;
  /** Between two looks at the schedule while grants come due one after the other: so long they gather. */
  interval: number;
  /** The longest time between two looks when nothing is due. */
  idle: number;
  /** After so many looks a run ends and the next one begins, with an empty history. */
  passes: number;
}

export const defaultTuning: Tuning = { batch: 50, maxInFlight: 1000, interval: 10_000, idle: 30_000, passes: 500 };

/** What a shard begins with, and what it hands on to its next run. */
export interface ShardInput {
  shard: number;
  /** Name of the task queues, or what they begin with. */
  taskQueue: string;
  tuning: Tuning;
  /** Providers that are not renewed by this shard now, sorted. */
  paused: string[];
  totals: Totals;
}

export interface Totals {
  passes: number;
  renewed: number;
  failed: number;
  /** Grants that a person must connect again. */
  ended: number;
  /** Batches that broke off, and were given back. */
  dropped: number;
}

export const noTotals: Totals = { passes: 0, renewed: 0, failed: 0, ended: 0, dropped: 0 };

export interface ShardStatus extends Omit<ShardInput, 'taskQueue'> {
  inFlight: number;
  stopping: boolean;
}

export interface ClaimInput {
  shard: number;
  /** At most so many grants. */
  room: number;
  batch: number;
  paused: string[];
}

export interface Claimed {
  batches: Batch[];
  /** Milliseconds until something more is due; 0: something is, but its platform takes no more now. */
  nextIn: number;
  /** There are fewer shards now: this one has nothing to do any more. */
  surplus: boolean;
}

/** Grants that are reserved under a name. */
export interface Batch {
  owner: string;
  /** Whose workers renew it. */
  group: string;
  grants: ReservedGrant[];
}

export interface ReservedGrant {
  id: string;
  /** Milliseconds since the epoch; null: not known any more. */
  due: number | null;
  /** Sent to try whether its platform is well again. */
  probe?: true;
}

export type BatchResult = Pick<Totals, 'renewed' | 'failed' | 'ended'>;

/** Activities on the task queue itself. */
export interface Activities {
  claimDue: (input: ClaimInput) => Promise<Claimed>;
  releaseLeases: (batch: Batch) => Promise<void>;
  remind: (input: RemindInput) => Promise<RemindResult>;
}

/** Activities on the task queue of a group. */
export interface GroupActivities {
  refreshBatch: (batch: Batch) => Promise<BatchResult>;
  refreshOne: (wanted: RefreshOneInput) => Promise<RefreshOneResult>;
}

/** A grant whose token somebody waits for, and the generation that is to be replaced. */
export interface RefreshOneInput {
  grantId: string;
  generation: number;
  /** A person who asked for it waits out no pause after a failure. */
  mode: 'reader' | 'person';
}

/** What became of it. The row says more; of what went wrong only our code stands here. */
export interface RefreshOneResult {
  kind: 'renewed' | 'superseded' | 'ended' | 'failed' | 'busy' | 'waiting' | 'too_young' | 'not_renewable' | 'gone';
  /** Milliseconds since the epoch until which it cannot be tried again. */
  until?: number;
  code?: string;
  /** Seconds. */
  retryAfter?: number;
}

export interface RefreshNowInput extends RefreshOneInput {
  /** Name of the task queues, or what they begin with. */
  taskQueue: string;
  /** Whose workers renew it. */
  group: string;
}

/** `unattended`: no worker of the group took it, or brought it to its end. */
export type RefreshNowResult = RefreshOneResult | { kind: 'unattended' };

/** A connection that needs a person; one of a later generation is another story. */
export interface ReminderInput {
  connectionId: string;
  generation: number;
  /** When it came to need one, in milliseconds since the epoch. */
  since: number;
  /** Days after which it is said again. */
  days: number[];
}

export interface RemindInput {
  connectionId: string;
  generation: number;
  /** Days since it came to need a person. */
  days: number;
}

/** `over`: the connection works again, or is gone. */
export type RemindResult = 'reminded' | 'over';

/** Days after which it is said again that a person must reconnect. */
export const reminderDays = [1, 3, 7, 14];

export const shardId = (taskQueue: string, shard: number): string => `${taskQueue}/refresh-shard/${shard}`;

/** One for each time that a connection comes to need a person. */
export const reminderId = (taskQueue: string, connectionId: string, generation: number): string =>
  `${taskQueue}/reauth-reminder/${connectionId}/${generation}`;

/** One for all who wait for the successor of the same token. */
export const refreshNowId = (taskQueue: string, grantId: string, generation: number): string =>
  `${taskQueue}/refresh-now/${grantId}/${generation}`;

export const groupQueue = (taskQueue: string, group: string): string => `${taskQueue}-${group}`;

/** Checks what an operator wants to tune. @returns what is wrong; null: nothing */
export const faultOf = (change: Partial<Tuning>): string | null => {
  const limits: Record<keyof Tuning, [least: number, most: number]> = {
    batch: [1, 200],
    maxInFlight: [1, 20_000],
    interval: [250, 60_000],
    idle: [1000, 300_000],
    passes: [1, 2000],
  };
  for (const [name, value] of Object.entries(change)) {
    const limit = Object.hasOwn(limits, name) ? limits[name as keyof Tuning] : null;
    if (!limit) return `there is nothing called ${name}; known are ${Object.keys(limits).join(', ')}`;
    const [least, most] = limit;
    if (!Number.isInteger(value) || value < least || value > most) {
      return `${name} must be a whole number from ${least} to ${most}`;
    }
  }
  return null;
};

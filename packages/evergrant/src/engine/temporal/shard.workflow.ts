import {
  ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  log,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Activities,
  type Batch,
  faultOf,
  type GroupActivities,
  groupQueue,
  type ShardInput,
  type ShardStatus,
  type Totals,
  type Tuning,
} from './contract.ts';

export const poke = defineSignal<[{ dueInMs: number }]>('poke');
export const pauseProvider = defineSignal<[string]>('pauseProvider');
export const resumeProvider = defineSignal<[string]>('resumeProvider');
export const stop = defineSignal('stop');
export const status = defineQuery<ShardStatus>('status');
export const setTuning = defineUpdate<Tuning, [Partial<Tuning>]>('setTuning');

/** No wait is shorter, so that nothing can fill the history with timers. */
const shortestWait = 250;

/** When a platform takes no more now, it is looked at again when half was done, or after so many milliseconds. */
const limitPause = 1000;

const { claimDue, releaseLeases } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '15 seconds' },
});

/** The row decides when a renewal is tried again, never Temporal. */
const renewing = {
  startToCloseTimeout: '10 minutes',
  // Longer than a reservation holds a batch is of no use to anybody.
  scheduleToStartTimeout: '30 seconds',
  // By then the leases of a worker that died run out; to know of it earlier is of no use either.
  heartbeatTimeout: '30 seconds',
  retry: { maximumAttempts: 1 },
} as const;

/**
 * Looks for what is due and has it renewed, for ever. Shards are only parallelism: each may claim anything, and leases
 * in the database keep them apart, so any number of them and of other engines work beside each other.
 */
export const refreshShard = async (input: ShardInput): Promise<Totals> => {
  const shard = new Shard(input);
  setHandler(poke, ({ dueInMs }) => shard.wakeIn(dueInMs));
  setHandler(pauseProvider, (provider) => shard.pause(provider, true));
  setHandler(resumeProvider, (provider) => shard.pause(provider, false));
  setHandler(stop, () => shard.stop());
  setHandler(status, () => shard.status());
  setHandler(setTuning, (change) => shard.tune(change), {
    validator(change) {
      const fault = faultOf(change);
      if (fault !== null) throw new Error(fault);
    },
  });
  try {
    while (!shard.isStopping && !shard.isOld()) await shard.pass();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // Cancelled is stopped: what is on its way is brought to its end.
    shard.stop();
  }
  await CancellationScope.nonCancellable(() => shard.drained());
  if (!shard.isStopping) await continueAsNew<typeof refreshShard>(shard.handOver());
  return shard.status().totals;
};

class Shard {
  readonly #input: ShardInput;
  readonly #totals: Totals;
  #tuning: Tuning;
  #paused: string[];
  #inFlight = 0;
  #passes = 0;
  #stopping = false;
  #wakeAt = 0;
  #changes = 0;

  constructor(input: ShardInput) {
    this.#input = input;
    this.#tuning = { ...input.tuning };
    this.#paused = [...input.paused];
    this.#totals = { ...input.totals };
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  isOld(): boolean {
    return this.#passes >= this.#tuning.passes || workflowInfo().continueAsNewSuggested;
  }

  status(): ShardStatus {
    return {
      shard: this.#input.shard,
      tuning: this.#tuning,
      paused: this.#paused,
      totals: this.#totals,
      inFlight: this.#inFlight,
      stopping: this.#stopping,
    };
  }

  handOver(): ShardInput {
    return { ...this.#input, tuning: this.#tuning, paused: this.#paused, totals: this.#totals };
  }

  wakeIn(milliseconds: number): void {
    this.#wakeAt = Math.min(this.#wakeAt, Date.now() + Math.max(0, milliseconds));
    this.#changes++;
  }

  pause(provider: string, isPaused: boolean): void {
    const others = this.#paused.filter((one) => one !== provider);
    this.#paused = isPaused ? [...others, provider].sort() : others;
    this.wakeIn(0);
  }

  tune(change: Partial<Tuning>): Tuning {
    this.#tuning = { ...this.#tuning, ...change };
    this.wakeIn(0);
    return this.#tuning;
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Claims what there is room for, has it renewed beside, and waits until there may be more to do. */
  async pass(): Promise<void> {
    await condition(() => this.#stopping || this.#room() > 0);
    if (this.#stopping) return;
    const room = this.#room();
    const seen = this.#changes;
    this.#passes++;
    this.#totals.passes++;
    const { batches, nextIn, surplus } = await claimDue({
      shard: this.#input.shard,
      room,
      batch: this.#tuning.batch,
      paused: this.#paused,
    });
    const claimed = batches.reduce((sum, { grants }) => sum + grants.length, 0);
    for (const batch of batches) this.#begin(batch);
    if (surplus) this.stop();
    // A claim that was full is followed by the next when half of the room is free: sooner, they would become small.
    if (claimed >= room) await condition(() => this.#stopping || 2 * this.#room() >= this.#tuning.maxInFlight);
    else await this.#rest(nextIn, seen);
  }

  /** Waits for what is on its way; a run may end only then, and when nobody waits for an answer of a handler. */
  async drained(): Promise<void> {
    await condition(() => this.#inFlight === 0);
    await condition(allHandlersFinished);
  }

  #room(): number {
    return this.#tuning.maxInFlight - this.#inFlight;
  }

  /** @param seen changes before the claim: what came while it ran is looked at now */
  async #rest(nextIn: number, seen: number): Promise<void> {
    if (this.#changes > seen) return;
    const { interval, idle } = this.#tuning;
    const before = this.#inFlight;
    const isLimited = nextIn === 0;
    this.#wakeAt = Date.now() + (isLimited ? limitPause : Math.min(Math.max(nextIn, interval), idle));
    const isOver = () => this.#stopping || (isLimited && before > 0 && 2 * this.#inFlight <= before);
    for (let changes = seen; !isOver(); changes = this.#changes) {
      const left = this.#wakeAt - Date.now();
      if (left <= 0) return;
      await condition(() => isOver() || this.#changes > changes, Math.max(shortestWait, left));
    }
  }

  #begin(batch: Batch): void {
    this.#inFlight += batch.grants.length;
    // A cancelled workflow does not call back what its workers have sent.
    void CancellationScope.nonCancellable(async () => {
      try {
        await this.#renew(batch);
      } finally {
        this.#inFlight -= batch.grants.length;
      }
    });
  }

  async #renew(batch: Batch): Promise<void> {
    const { refreshBatch } = proxyActivities<GroupActivities>({
      ...renewing,
      taskQueue: groupQueue(this.#input.taskQueue, batch.group),
    });
    try {
      const result = await refreshBatch(batch);
      this.#totals.renewed += result.renewed;
      this.#totals.failed += result.failed;
      this.#totals.ended += result.ended;
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      this.#totals.dropped++;
      log.warn('a batch broke off; what was not sent is given back', { group: batch.group });
      await giveBack(batch);
    }
  }
}

/** If this fails too, the leases run out by themselves. */
const giveBack = async (batch: Batch): Promise<void> => {
  try {
    await releaseLeases.executeWithOptions({ scheduleToCloseTimeout: '30 seconds' }, [batch]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
  }
};

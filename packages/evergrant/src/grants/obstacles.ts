import { schedule } from '../store/index.ts';
import type { Batch } from './claim.ts';
import type { Context } from './context.ts';
import { noteDegraded } from './failing.ts';
import { endWithoutRenewal } from './read.ts';

/** Writes down what stood in the way of a due grant: it must not come up again before it can be claimed. */
export const putOff = async (context: Context, { grantId, obstacle }: Batch['obstacles'][number]): Promise<void> => {
  const now = context.clock.now();
  switch (obstacle.kind) {
    case 'waiting':
      await schedule.putOff(context.store.db, grantId, obstacle.until, now);
      return noteDegraded(context, grantId, obstacle.error);
    case 'too_young':
    case 'busy':
      return schedule.putOff(context.store.db, grantId, obstacle.until, now);
    case 'not_renewable':
      return endWithoutRenewal(context, grantId);
    case 'gone':
      return schedule.putOff(context.store.db, grantId, null, now);
  }
};

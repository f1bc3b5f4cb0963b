import { isEvergrantError } from '../errors/index.ts';
import { longestRefreshWait } from '../providers/schema-parts.ts';
import { sleep } from '../telemetry/clock.ts';
import type { Context } from './context.ts';

/** What says how fresh a token is, and at which platform. */
interface Fresh {
  provider: string;
  client_id: string;
  instance: string | null;
  issued_at: number;
}

/** In how many milliseconds the platform takes a token that it has only just given (`refreshWait` of its definition). */
export const usableIn = (context: Context, token: Fresh): number => {
  const age = Math.max(0, context.clock.now() - token.issued_at);
  // Nearly every token is older, and then its app need not be looked up.
  return age >= longestRefreshWait * 1000 ? 0 : Math.max(0, refreshWaitOf(context, token) * 1000 - age);
};

/** Waits until a token is usable, see {@link usableIn}. */
export const untilUsable = async (context: Context, token: Fresh): Promise<void> => {
  const left = usableIn(context, token);
  if (left > 0) await sleep(context.clock, left);
};

/** Zero where the app is not configured any more: what it gave is old enough. */
const refreshWaitOf = ({ apps }: Context, token: Fresh): number => {
  try {
    return apps.ofGrant(token).definition.refreshWait ?? 0;
  } catch (error) {
    if (isEvergrantError(error)) return 0;
    throw error;
  }
};

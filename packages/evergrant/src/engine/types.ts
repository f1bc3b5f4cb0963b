import type { Mode } from '../grants/claim.ts';
import type { RenewalOutcome } from '../grants/renew.ts';

/** A renewal that somebody waits for. */
export interface Wanted {
  grantId: string;
  /** The generation that is to be replaced. */
  generation: number;
  mode: Mode;
}

/** What decides when grants are renewed. */
export interface Engine {
  /** Looks at the schedule now: something may be due earlier than was known. */
  poke(): void;
  /** When its loop last came round, on the monotonic clock. Absent where the loop runs elsewhere. */
  lastBeat?(): number;
  /** Whether the server answers that it works with. Absent where there is none. */
  isConnected?(): boolean;
  /**
   * Has a grant renewed by the processes that alone may send renewals of its provider. Absent where any may.
   *
   * @returns null: this process may send it itself
   */
  renewElsewhere?(provider: string, wanted: Wanted): Promise<RenewalOutcome> | null;
  /** Starts nothing more and resolves when what was sent is committed. */
  stop(): Promise<void>;
}

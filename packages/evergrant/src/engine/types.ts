/** What decides when grants are renewed. */
export interface Engine {
  /** Looks at the schedule now: something may be due earlier than was known. */
  poke(): void;
  /** When its loop last came round, on the monotonic clock. Absent where the loop runs elsewhere. */
  lastBeat?(): number;
  /** Whether the server answers that it works with. Absent where there is none. */
  isConnected?(): boolean;
  /** Starts nothing more and resolves when what was sent is committed. */
  stop(): Promise<void>;
}

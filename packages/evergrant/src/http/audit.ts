import type { Clock } from '../telemetry/clock.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What an audit names: an API key did something to an object. */
export type AuditAction =
  | 'flow.start'
  | 'flow.choose'
  | 'connection.update'
  | 'connection.refresh'
  | 'connection.disconnect'
  | 'connection.import'
  | 'connection.call'
  | 'connection.sign'
  | 'token.read'
  | 'token.rejected'
  | 'key.create'
  | 'key.revoke'
  | 'app.update'
  | 'app.delete'
  | 'webhook.create'
  | 'webhook.update'
  | 'webhook.delete'
  | 'session.create'
  | 'session.end';

export interface Audit {
  /**
   * Notes one action.
   *
   * @param actor id of the API key
   * @param object id of what it was done to
   */
  note(action: AuditAction, actor: string, object: string, more?: { request?: string; owner?: string }): void;
  /**
   * Notes an action that may come thousands of times a second: those of one key on one object become one entry with
   * their number.
   */
  tally(action: AuditAction, actor: string, object: string): void;
  /** Writes what was tallied. */
  flush(): void;
}

/** Tallied actions stand in the log after so many milliseconds at the latest. */
const tallyTime = 10_000;

/** The audit: who did what, as lines of the log at level `info`, whose time is UTC. */
export const createAudit = (logger: Logger, clock: Clock): Audit => {
  let tallies = new Map<string, { action: AuditAction; actor: string; object: string; count: number }>();
  let waiting = false;
  const flush = (): void => {
    const written = tallies;
    tallies = new Map();
    waiting = false;
    for (const { action, ...entry } of written.values()) logger.info({ audit: action, ...entry }, 'audit');
  };
  return {
    note: (action, actor, object, more = {}) => logger.info({ audit: action, actor, object, ...more }, 'audit'),
    tally(action, actor, object) {
      const name = `${action} ${actor} ${object}`;
      const known = tallies.get(name);
      if (known) known.count += 1;
      else tallies.set(name, { action, actor, object, count: 1 });
      if (waiting) return;
      waiting = true;
      clock.after(tallyTime, flush);
    },
    flush,
  };
};

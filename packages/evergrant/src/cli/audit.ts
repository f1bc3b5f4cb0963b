import { userInfo } from 'node:os';
import { type AuditAction, createAudit } from '../http/audit.ts';
import { systemClock } from '../telemetry/clock.ts';
import { createLogger } from '../telemetry/log.ts';

/**
 * The audit of a command, like that of the API, with whoever runs it as the actor. Its lines go to standard error:
 * standard output is for the result.
 */
export const commandAudit = (): ((action: AuditAction, object: string, more?: { owner?: string }) => void) => {
  const audit = createAudit(createLogger({ level: 'info', stream: process.stderr }), systemClock);
  const actor = `cli:${userName()}`;
  return (action, object, more) => audit.note(action, actor, object, more);
};

/** In a container the user may have a number only. */
const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
};

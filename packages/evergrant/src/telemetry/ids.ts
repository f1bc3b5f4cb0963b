import { v7 } from 'uuid';

export type IdPrefix = 'conn' | 'grant' | 'flow' | 'evt' | 'key' | 'att' | 'rev' | 'app' | 'whk' | 'dlv' | 'ses';

/** A prefixed id that sorts by the time at which it was made (UUIDv7, RFC 9562 section 5.7). */
export const newId = (prefix: IdPrefix): string => `${prefix}_${v7().replaceAll('-', '')}`;

/** Every id that was made at this time or later sorts behind it. @param time in milliseconds since the epoch */
export const idAt = (prefix: IdPrefix, time: number): string => `${prefix}_${time.toString(16).padStart(12, '0')}`;

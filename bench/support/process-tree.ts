import { readdirSync, readFileSync } from 'node:fs';
import { timesOf } from './processes.ts';

/**
 * Microseconds of processor time of a process and of all that it started, e.g. a database server with its backends, of
 * which some end meanwhile; 0 where the system does not tell.
 */
export const treeTime = (root: number): number => {
  const { own, ofEndedChildren } = timesOf(root);
  return own + ofEndedChildren + childrenOf(root).reduce((sum, pid) => sum + treeTime(pid), 0);
};

const childrenOf = (parent: number): number[] => {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
      .map(Number);
  } catch {
    return [];
  }
};

const parentOf = (pid: string): number | null => {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[1],
    );
  } catch {
    return null;
  }
};

/** What a process holds in memory; null where the system does not tell. */
export const residentMegabytes = (pid: number | undefined): number | null => {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
  } catch {
    return null;
  }
};

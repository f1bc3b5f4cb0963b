import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, it } from 'vitest';
import { workflowsPath } from '../../src/engine/temporal/index.ts';
import { histories } from './fleet.ts';

/*
 * Histories of real runs against the workflows as they are now. One that cannot be replayed would break the workflows
 * that run where this version is installed: put the change behind `patched` (docs/temporal.md) instead of recording anew.
 */

const files = readdirSync(histories).filter((name) => name.endsWith('.json'));

const read = (name: string): string => readFileSync(join(histories, name), 'utf8');

const replay = async (content: string): Promise<void> => {
  await Worker.runReplayHistory({ workflowsPath: workflowsPath() }, JSON.parse(content));
};

describe('recorded histories', () => {
  it.each(files)('of %s is replayed by the workflows of today', (name) => replay(read(name)), 60_000);

  it('are of every workflow, with batches that broke off, tuning, signals and the end of a run', () => {
    const all = files.map(read).join('\n');
    for (const part of [
      '"refreshShard"',
      '"reauthReminder"',
      '"refreshNow"',
      '"refreshOne"',
      '"releaseLeases"',
      '"setTuning"',
      '"pauseProvider"',
      '"resumeProvider"',
      '"stop"',
      '"remind"',
      '"reconnected"',
      '"deleted"',
      'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
    ]) {
      expect(all, part).toContain(part);
    }
  });

  it('are not replayed by workflows that do something else', async () => {
    const other = read('shard-that-was-stopped.json').replaceAll('"claimDue"', '"claimMore"');
    await expect(replay(other)).rejects.toThrow(DeterminismViolationError);
  }, 60_000);
});

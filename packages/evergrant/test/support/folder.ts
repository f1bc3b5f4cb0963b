import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder; the caller removes it. */
export const makeFolder = (): { path: string; remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'evergrant-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** An empty folder until the test ends. */
export const useFolder = (): string => {
  const { path, remove } = makeFolder();
  onTestFinished(remove);
  return path;
};

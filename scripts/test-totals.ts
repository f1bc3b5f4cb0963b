import { readFileSync } from 'node:fs';

/*
 * Prints vitest's totals as one plain line, from its JSON report. Exit status 1 when a test failed or was skipped, or
 * when there is no report because the tests did not run.
 */

interface Report {
  success: boolean;
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
}

const read = (file: string): Report | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return null;
  }
};

const report = read(process.argv[2] ?? '');
if (report === null) {
  console.error('The tests did not run: see above.');
  process.exitCode = 1;
} else {
  const { success, numPassedTests: passed, numFailedTests: failed } = report;
  const skipped = report.numPendingTests + report.numTodoTests;
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (!success || failed > 0 || skipped > 0) process.exitCode = 1;
}

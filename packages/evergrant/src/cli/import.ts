import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Evergrant } from '../evergrant.ts';
import { createLogger } from '../telemetry/log.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { commandAudit } from './audit.ts';
import { createLineImport, type LineResult, type LineStatus } from './import-line.ts';
import { openAppending, openState } from './import-state.ts';
import { openInstallation } from './open.ts';
import type { Output } from './output.ts';

const usage = `evergrant import FILE   one JSON object a line, as the body of POST /v1/connections/import; - reads standard input
  --dry-run             check every line and import nothing
  --report FILE         write what became of each line, as JSON lines
  --state FILE          remember what is done, for the next run (FILE.state; none for standard input)
  --concurrency N       so many lines of one platform at a time (4)`;

/** Lines under way at a time, over all platforms. */
const mostUnderWay = 64;

/** Between two lines of progress. */
const progressEvery = 100;

type Summary = Record<LineStatus, number> & { interrupted: boolean };

/**
 * `evergrant import FILE`: connects accounts by the tokens of another system. What is done is remembered, so that an
 * import that was interrupted, or of which some lines failed, is simply run again.
 */
export const importFile = async (args: Arguments, output: Output): Promise<number> => {
  const [file] = args.positionals;
  const { dryRun, report, state = file === '-' ? undefined : `${file}.state` } = args.options;
  if (!file) throw new UsageError(usage);
  // Standard output is for the result.
  const logger = createLogger({ level: 'warn', stream: process.stderr });
  const input = file === '-' ? process.stdin : createReadStream(file);
  await ready(input);
  const evergrant = await openInstallation(args, 'none', { logger });
  const audit = commandAudit();
  const done = await openState(dryRun ? undefined : state);
  const reported = report === undefined ? null : await openAppending(report, 'w');
  try {
    const summary = await importLines(
      evergrant,
      input,
      args,
      async (result) => {
        const { connection_id: id, owner } = result;
        if (id !== undefined) audit('connection.import', id, { owner });
        await reported?.write(JSON.stringify(result));
        if (result.error) output.err(`line ${result.line}: ${result.error.code}: ${result.error.message}`);
      },
      done,
      output,
    );
    print(summary, args, output);
    return summary.failed === 0 && !summary.interrupted ? 0 : 1;
  } finally {
    await reported?.close();
    await done.close();
    await evergrant.close();
  }
};

/** @throws Error when the file cannot be read, before anything else is done */
const ready = (input: NodeJS.ReadableStream): Promise<void> =>
  input === process.stdin
    ? Promise.resolve()
    : new Promise((resolve, reject) => {
        input.once('error', (error: NodeJS.ErrnoException) =>
          reject(new Error(`The file cannot be read (${error.code ?? error.message})`)),
        );
        input.once('open', resolve);
      });

const importLines = async (
  evergrant: Evergrant,
  input: NodeJS.ReadableStream,
  args: Arguments,
  tell: (result: LineResult) => Promise<void>,
  done: Awaited<ReturnType<typeof openState>>,
  output: Output,
): Promise<Summary> => {
  const { dryRun, concurrency } = args.options;
  const importLine = createLineImport(evergrant, { dryRun, concurrency });
  const summary: Summary = {
    created: 0,
    updated: 0,
    unchanged: 0,
    checked: 0,
    skipped: 0,
    failed: 0,
    interrupted: false,
  };
  const underWay = new Set<Promise<void>>();
  const interrupt = () => {
    summary.interrupted = true;
    output.err('Interrupted: what is under way is finished first');
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);

  const handle = async (text: string, line: number): Promise<void> => {
    const result: LineResult = done.has(text) ? { line, status: 'skipped' } : await importLine(text, line);
    if (result.status !== 'failed' && result.status !== 'skipped') await done.add(text);
    summary[result.status] += 1;
    await tell(result);
    const count = Object.values(summary).reduce<number>((sum, value) => sum + Number(value), 0);
    if (count % progressEvery === 0) output.err(`${count} lines: ${wordsOf(summary)}`);
  };

  try {
    let line = 0;
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text.trim() === '') continue;
      if (summary.interrupted) break;
      const work = handle(text.trim(), line).finally(() => underWay.delete(work));
      underWay.add(work);
      if (underWay.size >= mostUnderWay) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await Promise.allSettled(underWay);
  }
  return summary;
};

const wordsOf = (summary: Summary): string => {
  const { interrupted: _, ...counts } = summary;
  const words = Object.entries(counts).flatMap(([status, count]) => (count > 0 ? [`${count} ${status}`] : []));
  return words.length === 0 ? 'nothing to do' : words.join(', ');
};

const print = (summary: Summary, args: Arguments, output: Output): void => {
  output.out(args.options.json ? JSON.stringify(summary) : wordsOf(summary));
  if (!args.options.json && summary.failed > 0) {
    output.err('Run it again once what failed is mended: the lines that are done are skipped.');
  }
};

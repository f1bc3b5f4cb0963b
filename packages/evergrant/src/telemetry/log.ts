import { type DestinationStream, type LevelWithSilent, pino, stdTimeFunctions } from 'pino';
import { build as buildPretty } from 'pino-pretty';
import type { Logger } from './logger.ts';
import { redact } from './redact.ts';
import { redactText } from './redact-text.ts';

export type { Logger } from './logger.ts';

export interface LoggerOptions {
  level: LevelWithSilent;
  /** Where lines go; default standard output. */
  stream?: NodeJS.WritableStream;
  /** Lines for people instead of JSON. Default: when the stream is a terminal. */
  pretty?: boolean;
}

/** A logger that writes one JSON object a line, or lines for people on a terminal. Everything passes the redaction. */
export const createLogger = (options: LoggerOptions): Logger => {
  const { level, stream = process.stdout } = options;
  const pretty = options.pretty ?? ('isTTY' in stream && stream.isTTY === true);
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      // Errors arrive here redacted; pino's own serializer would take them apart once more.
      serializers: { err: (error: unknown) => error },
      formatters: pretty ? {} : { level: (label) => ({ level: label }) },
    },
    pretty ? prettyStream(stream) : stream,
  );
  const at = (name: keyof Logger) => (fields: object, message: string) => {
    if (logger.isLevelEnabled(name)) logger[name](redact(fields), redactText(message));
  };
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};

/** In this thread and synchronous, so that the last lines before an exit are not lost. */
const prettyStream = (stream: NodeJS.WritableStream): DestinationStream =>
  buildPretty({
    destination: stream,
    sync: true,
    colorize: 'isTTY' in stream && stream.isTTY === true,
    ignore: 'pid',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });

const nothing = (): void => {};

/** Writes nothing. */
export const silentLogger: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

import type { Logger as SdkLogger } from '@temporalio/common';
import { DefaultLogger, type LogLevel, MetricsBuffer, Runtime } from '@temporalio/worker';
import type { Context } from '../../grants/context.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { createSdkMetrics } from './sdk-metrics.ts';

/** Between two times at which the SDK's measurements are taken over, in milliseconds. */
const takeOver = 5000;

/** The SDK's runtime, of which a process has one. */
export interface SdkRuntime {
  /** Sets it up with our log and metrics, unless there is one: the SDK drops it when its last connection is closed. */
  ensure(): void;
  /** Stops taking measurements over. */
  leave(): void;
}

/**
 * Makes the SDK log and measure through us. Where the application, or another Evergrant, has set its runtime up, that one
 * is used as it is.
 */
export const createSdkRuntime = ({ logger, metrics }: Pick<Context, 'logger' | 'metrics'>): SdkRuntime => {
  const sdk = createSdkMetrics();
  let buffer: MetricsBuffer | null = null;
  const take = (): void => {
    if (buffer) sdk.add(buffer.retrieveUpdates());
  };
  const taking = setInterval(take, takeOver).unref();
  metrics.append(async () => {
    take();
    return sdk.expose();
  });
  return {
    ensure() {
      const next = new MetricsBuffer({ maxBufferSize: 50_000, useSecondsForDurations: true });
      const telemetryOptions = {
        logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
        metrics: { buffer: next },
      } as const;
      try {
        // Who runs this process decides when it ends.
        Runtime.install({ logger: toSdkLogger(logger), telemetryOptions, shutdownSignals: [] });
        buffer = next;
      } catch {
        if (!buffer) logger.info({}, 'the Temporal SDK is set up already; its log and metrics go where that says');
      }
    },
    leave: () => clearInterval(taking),
  };
};

const levels: Record<LogLevel, keyof Logger> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};

/** The SDK tells much that only its developers ask for: its "info" is our "debug". */
export const toSdkLogger = (logger: Logger): SdkLogger =>
  new DefaultLogger('DEBUG', ({ level, message, meta }) => {
    // It warns of workers without workflows, as those of a group are meant to be.
    const as = message.startsWith('No workflows registered') ? 'debug' : levels[level];
    logger[as]({ sdk: 'temporal', ...meta }, message);
  });

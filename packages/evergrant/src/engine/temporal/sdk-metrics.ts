import type { BufferedMetricUpdate } from '@temporalio/worker';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the SDK's measurements are told apart by; its other attributes say nothing to an operator, or too much. */
const labelNames = [
  'namespace',
  'task_queue',
  'workflow_type',
  'activity_type',
  'worker_type',
  'poller_type',
  'operation',
  'failure_reason',
] as const;

/** In seconds, from a workflow task on a quiet machine to a renewal at a slow platform. */
const buckets = [0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 15, 60];

/** Keeps what the SDK measures, from how long tasks wait to how many slots are free, as Prometheus reads it. */
export const createSdkMetrics = () => {
  const registers = [new Registry()];
  const metrics = new Map<string, (labels: Record<string, string>, value: number) => void>();

  const make = ({ metric }: BufferedMetricUpdate) => {
    const name = metric.name.replaceAll(/[^a-zA-Z0-9_:]/g, '_');
    const options = { name, help: metric.description || name, labelNames, registers };
    switch (metric.kind) {
      case 'counter': {
        const counter = new Counter(options);
        return (labels: Record<string, string>, value: number) => counter.inc(labels, value);
      }
      case 'histogram': {
        const histogram = new Histogram({ ...options, buckets });
        return (labels: Record<string, string>, value: number) => histogram.observe(labels, value);
      }
      case 'gauge': {
        const gauge = new Gauge(options);
        return (labels: Record<string, string>, value: number) => gauge.set(labels, value);
      }
      case 'up-down-counter': {
        const gauge = new Gauge(options);
        return (labels: Record<string, string>, value: number) => gauge.inc(labels, value);
      }
    }
  };

  return {
    add(updates: Iterable<BufferedMetricUpdate>): void {
      for (const update of updates) {
        const record = metrics.get(update.metric.name) ?? make(update);
        metrics.set(update.metric.name, record);
        record(labelsOf(update), update.value);
      }
    },
    expose: (): Promise<string> => registers[0]!.metrics(),
  };
};

const labelsOf = ({ attributes }: BufferedMetricUpdate): Record<string, string> =>
  Object.fromEntries(
    labelNames.flatMap((name) => (attributes[name] === undefined ? [] : [[name, String(attributes[name])]])),
  );

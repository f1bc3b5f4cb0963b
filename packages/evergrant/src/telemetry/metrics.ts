import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What is measured. Each running Evergrant has its own. */
export interface Metrics {
  /** One attempt to renew has ended. */
  attempt(provider: string, outcome: string): void;
  /** A renewal began so many milliseconds after it was due. */
  late(provider: string, milliseconds: number): void;
  /** Asked at every scrape for what is not counted but read. */
  observe(read: () => Promise<Observation>): void;
  /** Asked at every scrape for what others measure, as Prometheus text. */
  append(read: () => Promise<string>): void;
  /** Whether an engine reaches the server that it works with. */
  engineConnected(isConnected: boolean): void;
  /** Prometheus text, with its content type. */
  expose(): Promise<{ contentType: string; body: string }>;
}

export interface Observation {
  due: number;
  /** Seconds since which the oldest due grant waits. */
  oldestDue: number;
  spooled: number;
  /** Providers whose gate is blocked, with the reason. */
  blocked: { provider: string; by: string }[];
  /** Seals of this process, by key id. */
  seals: Record<string, { seals: number }>;
}

export const createMetrics = (): Metrics => {
  const registers = [new Registry()];
  const attempts = new Counter({
    name: 'evergrant_renewal_attempts_total',
    help: 'Renewals that ended, by outcome',
    labelNames: ['provider', 'outcome'] as const,
    registers,
  });
  const lateness = new Histogram({
    name: 'evergrant_renewal_lateness_seconds',
    help: 'How long after it was due a renewal was sent',
    labelNames: ['provider'] as const,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600],
    registers,
  });
  const due = new Gauge({ name: 'evergrant_renewals_due', help: 'Grants whose renewal is due', registers });
  const oldest = new Gauge({
    name: 'evergrant_renewals_oldest_due_seconds',
    help: 'Since when the oldest due renewal waits',
    registers,
  });
  const spooled = new Gauge({
    name: 'evergrant_spooled_answers',
    help: 'Token answers that the database has not taken yet',
    registers,
  });
  const blocked = new Gauge({
    name: 'evergrant_provider_blocked',
    help: '1 while only probes are sent to a platform',
    labelNames: ['provider', 'by'] as const,
    registers,
  });
  const seals = new Gauge({
    name: 'evergrant_vault_seals',
    help: 'Values sealed by this process, by key; a key must be replaced long before 2^32',
    labelNames: ['key'] as const,
    registers,
  });
  let read: (() => Promise<Observation>) | null = null;
  const others: (() => Promise<string>)[] = [];
  let connected: Gauge | null = null;

  const refresh = async (): Promise<void> => {
    if (!read) return;
    const seen = await read();
    due.set(seen.due);
    oldest.set(seen.oldestDue);
    spooled.set(seen.spooled);
    blocked.reset();
    for (const { provider, by } of seen.blocked) blocked.set({ provider, by }, 1);
    for (const [key, { seals: count }] of Object.entries(seen.seals)) seals.set({ key }, count);
  };

  return {
    attempt: (provider, outcome) => attempts.inc({ provider, outcome }),
    late: (provider, milliseconds) => lateness.observe({ provider }, milliseconds / 1000),
    observe: (reader) => {
      read = reader;
    },
    append: (reader) => void others.push(reader),
    engineConnected(isConnected) {
      connected ??= new Gauge({
        name: 'evergrant_engine_connected',
        help: '1 while the server is reached that the engine works with',
        registers,
      });
      connected.set(isConnected ? 1 : 0);
    },
    async expose() {
      await refresh();
      const texts = [await registers[0]!.metrics(), ...(await Promise.all(others.map((other) => other())))];
      return { contentType: registers[0]!.contentType, body: texts.join('\n') };
    },
  };
};

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What is measured. Each running Evergrant has its own. */
export interface Metrics {
  /**
   * A request has been answered after so many milliseconds.
   *
   * @param route its pattern, never the path that was asked for; null where there is none
   */
  answered(method: string, route: string | null, status: number, milliseconds: number): void;
  /** One attempt to renew has ended. */
  attempt(provider: string, outcome: string): void;
  /**
   * A platform has been asked of a token beside its renewals: as it demands, in doubt, or to read an account again.
   * `unknown`: it gave no verdict.
   */
  validation(provider: string, outcome: 'valid' | 'invalid' | 'unknown'): void;
  /** A renewal began so many milliseconds after it was due. */
  late(provider: string, milliseconds: number): void;
  /** One attempt to deliver an event to a webhook has ended. */
  delivery(outcome: 'delivered' | 'failed' | 'given_up'): void;
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
  /** Answers in the journal that are not committed. */
  journalled: number;
  /** Seconds since which the oldest of them waits. */
  oldestJournalled: number;
  spooled: number;
  /** Providers whose gate is blocked, with the reason. */
  blocked: { provider: string; by: string }[];
  /** Providers whose refusals are held back. */
  holding: string[];
  /** Seals of this process, by key id. */
  seals: Record<string, { seals: number }>;
  webhooks?: WebhookObservation;
}

export interface WebhookObservation {
  /** Deliveries that wait. */
  backlog: number;
  /** Endpoints that were disabled by what they answered. */
  disabled: number;
}

const usualMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Others are one, as OpenTelemetry calls it: anybody can invent some. */
export const usualMethod = (method: string): string => (usualMethods.has(method) ? method : '_OTHER');

export const createMetrics = (): Metrics => {
  const registers = [new Registry()];
  // Name, labels and buckets are those of the semantic conventions of OpenTelemetry for HTTP servers.
  const requests = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of HTTP server requests',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    registers,
  });
  const attempts = new Counter({
    name: 'evergrant_renewal_attempts_total',
    help: 'Renewals that ended, by outcome',
    labelNames: ['provider', 'outcome'] as const,
    registers,
  });
  const validations = new Counter({
    name: 'evergrant_token_validations_total',
    help: 'Tokens of which their platform was asked beside renewals, by outcome',
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
  const journalled = new Gauge({
    name: 'evergrant_journalled_answers',
    help: 'Token answers that are durable and not committed yet',
    registers,
  });
  const oldestJournalled = new Gauge({
    name: 'evergrant_journalled_answers_oldest_seconds',
    help: 'Since when the oldest token answer waits to be committed',
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
  const holding = new Gauge({
    name: 'evergrant_provider_refusals_held',
    help: '1 while a platform refuses so many grants that no refusal ends a connection',
    labelNames: ['provider'] as const,
    registers,
  });
  const seals = new Counter({
    name: 'evergrant_vault_seals_total',
    help: 'Values sealed by this process, by key; a key must be replaced long before 2^32',
    labelNames: ['key'] as const,
    registers,
  });
  const deliveries = new Counter({
    name: 'evergrant_webhook_attempts_total',
    help: 'Attempts to deliver events to webhooks that ended, by outcome',
    labelNames: ['outcome'] as const,
    registers,
  });
  const backlog = new Gauge({
    name: 'evergrant_webhook_backlog',
    help: 'Events that wait to be delivered to webhooks',
    registers,
  });
  const disabled = new Gauge({
    name: 'evergrant_webhooks_disabled',
    help: 'Webhooks that were disabled because they answered 410 or took nothing for days',
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
    journalled.set(seen.journalled);
    oldestJournalled.set(seen.oldestJournalled);
    spooled.set(seen.spooled);
    blocked.reset();
    for (const { provider, by } of seen.blocked) blocked.set({ provider, by }, 1);
    holding.reset();
    for (const provider of seen.holding) holding.set({ provider }, 1);
    // The vault counts; here is only shown how far it has come.
    seals.reset();
    for (const [key, { seals: count }] of Object.entries(seen.seals)) seals.inc({ key }, count);
    backlog.set(seen.webhooks?.backlog ?? 0);
    disabled.set(seen.webhooks?.disabled ?? 0);
  };

  return {
    answered: (method, route, status, milliseconds) =>
      requests.observe(
        {
          http_request_method: usualMethod(method),
          http_route: route ?? '',
          http_response_status_code: status,
        },
        milliseconds / 1000,
      ),
    attempt: (provider, outcome) => attempts.inc({ provider, outcome }),
    validation: (provider, outcome) => validations.inc({ provider, outcome }),
    late: (provider, milliseconds) => lateness.observe({ provider }, milliseconds / 1000),
    delivery: (outcome) => deliveries.inc({ outcome }),
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

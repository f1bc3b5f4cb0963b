import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../security/support.ts';
import { useInstallation } from '../support/evergrant.ts';

const exporter = new InMemorySpanExporter();

/** What an application does before it starts Evergrant. */
const register = (): void => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
};

const unregister = (): void => {
  for (const api of [context, propagation, trace]) api.disable();
  exporter.reset();
};

const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
const named = (name: string): ReadableSpan => {
  const found = spans().filter((span) => span.name === name);
  expect(found.map(({ name }) => name)).toEqual([name]);
  return found[0]!;
};
const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;

const remote = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
const headers = { traceparent: `00-${remote.trace}-${remote.span}-01` };

const refresh = ({ api }: Harness, id: string) => api('POST', `/v1/connections/${id}/refresh`, { headers });

describe('traces', () => {
  beforeEach(register);
  afterEach(unregister);

  it('join the trace of a request, and show its renewal and what was sent to the platform', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    exporter.reset();
    expect(await refresh(harness, connection.id)).toMatchObject({ status: 200 });
    const [served, renewed, sent] = [named('POST /v1/connections/:id/refresh'), named('renew'), named('POST')];
    expect(served.kind).toBe(SpanKind.SERVER);
    expect(served.spanContext().traceId).toBe(remote.trace);
    expect(parentOf(served)).toBe(remote.span);
    expect(served.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/connections/:id/refresh',
      'http.response.status_code': 200,
      'evergrant.request_id': expect.stringMatching(/^req_/),
    });
    expect(parentOf(renewed)).toBe(served.spanContext().spanId);
    expect(renewed.attributes).toEqual({
      'evergrant.provider': 'acme',
      'evergrant.grant_id': expect.stringMatching(/^grant_/),
      'evergrant.outcome': 'renewed',
    });
    expect(parentOf(sent)).toBe(renewed.spanContext().spanId);
    expect(sent.kind).toBe(SpanKind.CLIENT);
    const { hostname, port } = new URL(harness.stub.origin);
    expect(sent.attributes).toEqual({
      'http.request.method': 'POST',
      'server.address': hostname,
      'server.port': Number(port),
      'http.response.status_code': 200,
    });
    // The platform is told nothing of it.
    expect(harness.stub.requests.some(({ headers }) => 'traceparent' in headers)).toBe(false);
  });

  it('show what failed, by its code', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    exporter.reset();
    harness.stub.answerOnce('/token', { status: 503 });
    expect(await refresh(harness, connection.id)).toMatchObject({ status: 503 });
    expect(named('POST').attributes).toMatchObject({ 'error.type': '503' });
    expect(named('renew').attributes).toMatchObject({
      'evergrant.outcome': 'failed',
      'error.type': 'provider_unavailable',
    });
    expect(named('POST /v1/connections/:id/refresh').attributes).toMatchObject({ 'error.type': '503' });
    exporter.reset();
    harness.stub.answerOnce('/token', { fault: 'reset' });
    harness.clock.advance(60_000);
    await refresh(harness, connection.id);
    expect(named('POST').attributes).toMatchObject({ 'error.type': 'TransportError' });
  });

  it('L01 hold nothing secret, no path and no query', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    await harness.token(connection.id);
    await harness.api('GET', `/v1/connections/${connection.id}/api/posts?key=${harness.apiKey}`);
    await harness.api('DELETE', `/v1/connections/${connection.id}`);
    await harness.api('GET', '/invented?secret=1');
    const text = JSON.stringify(
      spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    );
    expect(spans().length).toBeGreaterThan(8);
    expect(harness.canaries.findIn(text)).toEqual([]);
    expect(text).not.toMatch(/\?|secret|\/posts|invented/);
    expect(text).not.toContain(connection.id);
  });

  it('nest in the span of the application that mounts the handler', async () => {
    await using harness = await startHarness();
    await trace.getTracer('application').startActiveSpan('request of the application', async (span) => {
      await harness.evergrant.handler(new Request(`${harness.publicUrl}/healthz`, { headers }));
      span.end();
    });
    const [outer, inner] = [named('request of the application'), named('GET /healthz')];
    expect(parentOf(inner)).toBe(outer.spanContext().spanId);
    expect(inner.kind).toBe(SpanKind.INTERNAL);
  });
});

it('nothing is traced where nobody had registered an SDK before', async () => {
  await using harness = await startHarness();
  register();
  try {
    const { connection } = await harness.connect();
    await refresh(harness, connection.id);
    expect(spans()).toEqual([]);
  } finally {
    unregister();
  }
});

it('the API need not be there', async () => {
  const installation = await useInstallation({ environment: { SANDBOX: 'off' } });
  const hooks = join(installation.folder, 'without-api.mjs');
  // The client of Prometheus may have one of its own.
  writeFileSync(
    hooks,
    `import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        const isOurs = !context.parentURL?.includes('node_modules');
        if (specifier !== '@opentelemetry/api' || !isOurs) return next(specifier, context);
        console.error('there is no API');
        throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' });
      },
    });`,
  );
  const service = await installation.start({ NODE_OPTIONS: `--import ${pathToFileURL(hooks).href}` });
  expect(await service.stop()).toBe(0);
  expect(service.output()).toContain('there is no API');
});

import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../errors/index.ts';
import { systemClock } from '../telemetry/clock.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { untraced } from '../telemetry/tracing.ts';
import { version } from '../telemetry/version.ts';
import { createRoutes } from './app.ts';
import { dashboardPages } from './dashboard.ts';
import type { HttpDependencies } from './deps.ts';
import { permissions } from './keyring.ts';

interface Parameter {
  name: string;
  in: string;
  description?: string;
}

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  responses: Record<string, { description?: string; headers?: object; content?: object; $ref?: string }>;
}

interface Document {
  info: { version: string };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, { examples?: unknown[]; enum?: string[] }>;
    responses: Record<string, { headers: object }>;
    securitySchemes: object;
  };
}

/** No route is called but the document, so that they need no more than what they are laid out by and measured with. */
const laidOutBy: Partial<Record<string | symbol, unknown>> = {
  settings: { publicUrl: 'https://connect.example', backendUrl: 'https://api.example', publicMetrics: false },
  returnOrigins: [],
  context: { clock: systemClock, metrics: createMetrics(), tracing: untraced },
};
const routes = createRoutes(
  new Proxy(laidOutBy, { get: (known, name) => known[name] ?? {} }) as unknown as HttpDependencies,
);
const document = (await (await routes.request('/openapi.json')).json()) as Document;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ ...operation, title: `${method.toUpperCase()} ${path}`, path })),
);

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1 and says which service it is of', async () => {
    expect(
      await new Validator().validate(structuredClone(document) as object as Record<string, unknown>),
    ).toMatchObject({ valid: true });
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version }, servers: [{ url: 'https://api.example' }] });
  });

  it('has every route that is not a page', () => {
    const pages = /^\/(?:assets|branding|connect|integrations|reconnect|errors)\/|^\/session$/;
    const served = routes.routes
      .filter(({ method, path }) => method !== 'ALL' && !pages.test(path) && !dashboardPages.includes(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const isCall = (path: string) => path.endsWith('/api/{path}');
    expect(new Set(served)).toEqual(new Set(operations.filter(({ path }) => !isCall(path)).map(({ title }) => title)));
    expect(operations.filter(({ path }) => isCall(path))).toHaveLength(5);
  });

  it('names each operation once', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(names.filter((name) => !/^[a-z][A-Za-z]+$/.test(name ?? ''))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(operations)('$title is told whole', ({ path, summary, tags = [], security, parameters = [], responses }) => {
    expect(summary).toMatch(/^[A-Z].*[^.]$/);
    expect(document.tags.map(({ name }) => name)).toContain(tags[0]);
    expect(parameters.filter(({ description }) => !description)).toEqual([]);
    const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(placeholders);
    const needed = security?.flatMap((scheme) => scheme['apiKey'] ?? []);
    expect(permissions).toEqual(expect.arrayContaining(needed!));
    if (path.startsWith('/v1/')) expect(needed).toHaveLength(1);
    for (const [status, response] of Object.entries(responses)) {
      if (response.$ref) continue;
      expect(response.description).toBeTruthy();
      expect(response.headers).toHaveProperty('X-Request-Id');
      if (status !== '204') expect(response.content).toBeTruthy();
    }
  });

  it('tells the headers of every refusal', () => {
    for (const response of Object.values(document.components.responses)) {
      expect(response.headers).toHaveProperty('X-Request-Id');
    }
    for (const name of ['TooManyRequests', 'Unavailable', 'Refused']) {
      expect(document.components.responses[name]?.headers).toHaveProperty('Retry-After');
    }
  });

  it('knows every code of the catalogue', () => {
    expect(document.components.schemas['ErrorCode']?.enum).toEqual(errorCodes);
  });

  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'document');

  it.each(Object.keys(document.components.schemas))('shows an example of %s that fits', (name) => {
    const { examples = [] } = document.components.schemas[name]!;
    expect(examples).not.toEqual([]);
    const validate = ajv.compile({ $ref: `document#/components/schemas/${name}` });
    for (const example of examples) {
      validate(example);
      expect(validate.errors ?? []).toEqual([]);
    }
  });
});

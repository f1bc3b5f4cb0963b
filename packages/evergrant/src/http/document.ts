import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { version } from '../telemetry/version.ts';
import type { HttpDependencies, HttpEnv } from './deps.ts';
import { json } from './schemas.ts';

type Document = ReturnType<OpenAPIHono<HttpEnv>['getOpenAPI31Document']>;
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>;
type Responses = NonNullable<Operation['responses']>;
type Response = Exclude<Responses[string], { $ref: string }>;

/** What belongs together, by path; the first that fits. */
const tags = [
  { name: 'Connect', paths: /^\/v1\/connect\b/, description: 'A person connects an account' },
  { name: 'Tokens', paths: /^\/v1\/connections\/\{id\}\/token/, description: 'Tokens that are valid now' },
  { name: 'Calls', paths: /^\/v1\/connections\/\{id\}\/(?:api|sign)/, description: 'Requests to platforms' },
  { name: 'Connections', paths: /^\/v1\/connections/, description: 'Accounts that were connected' },
  { name: 'Events', paths: /^\/v1\/events/, description: 'What happened' },
  { name: 'Webhooks', paths: /^\/v1\/webhooks/, description: 'What happened, sent to the application' },
  { name: 'Platforms', paths: /^\/v1\/providers/, description: 'What can be connected, and with which app' },
  { name: 'Keys', paths: /^\/v1\/keys/, description: 'API keys' },
  { name: 'Service', paths: /^/, description: 'How the service fares, and this document' },
];

const description = `Connects people's accounts on social platforms over OAuth and keeps the connections alive.

What people see in their browser is not part of it, for no program calls it: \`/connect/…\`, \`/integrations/…\`,
\`/reconnect/…\` and \`/errors/…\`. Unknown members of requests are refused; further members of answers may come.`;

/** Serves the OpenAPI 3.1 document of the routes that were added to `app` before. */
export const addDocument = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: documentPath,
    operationId: 'getDocument',
    summary: 'Read this document',
    security: [],
    responses: { 200: json('OpenAPI 3.1', z.looseObject({ openapi: z.string() })) },
  });
  let document: Document | null = null;
  app.get(documentPath, (c) => {
    document ??= complete(generate(app, deps));
    return c.json(document);
  });
};

const documentPath = '/openapi.json';

const generate = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): Document => {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'eg_…',
    description: 'An API key. The permission that each call needs stands with it; `admin` opens everything.',
  });
  registry.registerComponent('securitySchemes', 'statusToken', {
    type: 'http',
    scheme: 'bearer',
    description: 'The `status_token` of a flow, for the page that waits for its end',
  });
  for (const [name, header] of Object.entries(headers)) registry.registerComponent('headers', name, header);
  for (const { name, description, more } of refusals) {
    registry.registerComponent('responses', name, {
      description,
      headers: referTo('X-Request-Id', ...(more ?? [])),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    });
  }
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Evergrant', version, description, license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT' } },
    servers: [{ url: deps.settings.backendUrl, description: 'Where this service is reached' }],
    tags: tags.map(({ name, description }) => ({ name, description })),
  });
};

const headers = {
  'X-Request-Id': { description: 'Joins the answer with the log', schema: { type: 'string' } },
  'Retry-After': { description: 'After how many seconds to try again', schema: { type: 'integer', minimum: 1 } },
  'WWW-Authenticate': { description: 'RFC 6750 section 3', schema: { type: 'string' } },
  'Evergrant-Upstream-Status': {
    description: 'The status that the platform gave; only where the answer is its own',
    schema: { type: 'integer' },
  },
  'Evergrant-Verdict': { description: 'What an error of the platform means', schema: { type: 'string' } },
} as const;

const referTo = (...names: (keyof typeof headers)[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

interface Refusal {
  status: number | 'default';
  /** Of the component. */
  name: string;
  description: string;
  more?: (keyof typeof headers)[];
  /** Of which routes it is to be expected. */
  where: (operation: Operation) => boolean;
}

const takes = (place: string, { parameters = [] }: Operation): boolean =>
  parameters.some((parameter) => 'in' in parameter && parameter.in === place);
const hasBody = ({ requestBody }: Operation): boolean => requestBody !== undefined;
const needsKey = ({ security = [] }: Operation): boolean => security.length > 0;

/** Problems that come from what a route takes; those of its own matter are the last one. */
const refusals: Refusal[] = [
  {
    status: 400,
    name: 'BadRequest',
    description: 'The request is not as described; `errors` names its faults',
    where: (operation) => hasBody(operation) || takes('query', operation),
  },
  {
    status: 401,
    name: 'Unauthenticated',
    description: 'There is no credential, or none that is valid',
    more: ['WWW-Authenticate'],
    where: needsKey,
  },
  { status: 403, name: 'Forbidden', description: 'The key does not permit this', where: needsKey },
  {
    status: 404,
    name: 'NotFound',
    description: 'There is no such object, or none that the key reaches',
    where: (operation) => takes('path', operation),
  },
  { status: 413, name: 'TooLarge', description: 'The body is too large', where: hasBody },
  { status: 415, name: 'UnsupportedType', description: 'The body is not declared as JSON', where: hasBody },
  {
    status: 429,
    name: 'TooManyRequests',
    description: 'Too many requests',
    more: ['Retry-After'],
    where: needsKey,
  },
  { status: 500, name: 'Internal', description: 'A fault of the service', where: () => true },
  {
    status: 503,
    name: 'Unavailable',
    description: 'The service, or the platform, cannot answer now',
    more: ['Retry-After'],
    where: () => true,
  },
  {
    status: 'default',
    name: 'Refused',
    description: 'Any other problem (RFC 9457): what it is, its `code` says',
    more: ['Retry-After'],
    where: () => true,
  },
];

/** Adds what follows from the rest: the tag, what any route of its kind may answer, and the headers of all answers. */
const complete = (document: Document): Document => {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const operation of Object.values(item) as Operation[]) {
      operation.tags = [tags.find((tag) => tag.paths.test(path))!.name];
      operation.responses = responsesOf(operation);
    }
  }
  return document;
};

const responsesOf = (operation: Operation): Responses => {
  const { default: problem, ...own } = operation.responses as Record<string, Response>;
  const isCall = problem !== undefined && '*/*' in (problem.content ?? {});
  const answers = Object.entries(isCall ? { default: problem } : own).map(([status, response]) => {
    const more = isCall ? referTo('Retry-After', 'Evergrant-Upstream-Status', 'Evergrant-Verdict') : {};
    return [status, { ...response, headers: { ...referTo('X-Request-Id'), ...more, ...response.headers } }];
  });
  const expected = refusals
    .filter(({ status, where }) => problem && !isCall && !(status in own) && where(operation))
    .map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }]);
  return Object.fromEntries([...answers, ...expected]);
};

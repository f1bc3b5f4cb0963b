import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** JSON Schema, as much of it as the document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  examples?: unknown[];
  unevaluatedProperties?: boolean;
}

interface Content {
  $ref?: string;
  content?: Record<string, { schema?: Schema }>;
}

export interface Operation {
  method: string;
  path: string;
  title: string;
  security: Record<string, string[]>[];
  parameters: { name: string; in: string; schema: Schema }[];
  /** Of a JSON body. */
  body: Schema | undefined;
  responses: Record<string, Content>;
}

interface Described {
  parameters?: Operation['parameters'];
  security?: Operation['security'];
  requestBody?: Content;
  responses: Operation['responses'];
}

export interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Content> };
}

export const operationsOf = (document: Document): Operation[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody, security = [], parameters = [], responses }]) => ({
      method: method.toUpperCase(),
      path,
      title: `${method.toUpperCase()} ${path}`,
      security,
      parameters,
      body: requestBody?.content?.['application/json']?.schema,
      responses,
    })),
  );

const named = <T>(of: Record<string, T>, reference: string): T => of[reference.split('/').at(-1)!]!;

/** A schema with what it refers to in its place, and what it is composed of in one. */
export const resolved = (document: Document, schema: Schema): Schema => {
  if (schema.$ref) return resolved(document, named(document.components.schemas, schema.$ref));
  if (!schema.allOf) return schema;
  const parts = schema.allOf.map((part) => resolved(document, part));
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  };
};

/** The same schema without room for members that it does not name. */
const closed = (document: Document, given: Schema): Schema => {
  const schema = resolved(document, given);
  const { properties, items, anyOf, oneOf, additionalProperties } = schema;
  const each = (schemas: Schema[]) => schemas.map((part) => closed(document, part));
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, member]) => [name, closed(document, member)]),
      ),
      additionalProperties: additionalProperties ?? false,
    }),
    ...(items && { items: closed(document, items) }),
    ...(anyOf && { anyOf: each(anyOf) }),
    ...(oneOf && { oneOf: each(oneOf) }),
  };
};

/** Tells of an answer what is not as the document says it; nothing when all is. */
export const createJudge = (document: Document) => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const validators = new Map<Schema, ValidateFunction>();
  const faultsIn = (schema: Schema, value: unknown): string[] => {
    const validate = validators.get(schema) ?? ajv.compile(closed(document, schema));
    validators.set(schema, validate);
    return validate(value) ? [] : [ajv.errorsText(validate.errors)];
  };

  return ({ responses }: Operation, answer: Response, text: string): string[] => {
    const isPlatform = answer.headers.has('evergrant-upstream-status');
    const response = responses[answer.status] ?? responses['default'];
    if (!response) return [`The status ${answer.status} is not documented`];
    const { content = {} } = response.$ref ? named(document.components.responses, response.$ref) : response;
    const type = answer.headers.get('content-type') ?? '';
    const faults = answer.headers.has('x-request-id') ? [] : ['It has no request id'];
    if (answer.status >= 500 && type.includes('problem') && text.includes('"internal"')) faults.push('A fault of ours');
    if (isPlatform) return faults;
    if (answer.status >= 400 && !type.startsWith('application/problem+json')) faults.push('It is no problem document');
    if (Object.keys(content).length === 0) return text === '' ? faults : [...faults, 'A body is not documented'];
    const [, described] =
      Object.entries(content).find(([name]) => type.startsWith(name)) ?? (type === '' ? [] : [null, content['*/*']]);
    if (!described) return [...faults, `The type "${type}" is not documented`];
    if (!type.includes('json') || !described.schema) return faults;
    const body: unknown = JSON.parse(text);
    if (answer.status >= 400 && (body as { status: number }).status !== answer.status)
      faults.push('It names another status');
    return [...faults, ...faultsIn(described.schema, body)];
  };
};

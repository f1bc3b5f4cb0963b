/*
 * Renders the operations of `evergrant/client` from the OpenAPI document: types in camelCase, and a table by which
 * requests are made. It knows the words of JSON Schema that the document uses, and stops at others.
 */

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: (string | number | boolean)[];
  const?: string | number | boolean;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  description?: string;
}

interface Content {
  content?: Record<string, { schema?: Schema }>;
}

interface Operation {
  operationId: string;
  summary: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  requestBody?: Content & { required?: boolean };
  responses: Record<string, Content>;
}

export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

interface Called extends Operation {
  method: string;
  path: string;
}

const camel = (name: string): string => name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The name of a member in TypeScript; the client must find the way back. */
const memberName = (name: string): string => {
  const there = camel(name);
  if (snake(there) !== name || !/^[a-z]\w*$/i.test(there)) throw new Error(`"${name}" does not survive camelCase`);
  return there;
};

const unique = (types: string[]): string[] => [...new Set(types)];

const comment = (text: string | undefined): string => (text ? `/** ${text.replaceAll('*/', '')} */\n` : '');

/** @returns the type that a schema means, in TypeScript */
const typeOf = (schema: Schema): string => {
  if (schema.$ref) return schema.$ref.split('/').at(-1)!;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return unique([...schema.enum.map((value) => JSON.stringify(value)), ...nullOf(schema)]).join(' | ');
  if (schema.allOf) return schema.allOf.map((part) => `(${typeOf(part)})`).join(' & ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `(${typeOf(schema.items ?? {})})[]`;
    case 'object':
      return objectType(schema);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`The client knows no type "${schema.type}"`);
  }
};

const nullOf = ({ type }: Schema): string[] => (Array.isArray(type) && type.includes('null') ? ['null'] : []);

const isRecord = ({ properties, additionalProperties }: Schema): boolean =>
  properties === undefined && typeof additionalProperties === 'object';

const objectType = (schema: Schema): string => {
  const { properties = {}, required = [], additionalProperties: further } = schema;
  if (typeof further === 'object' && isRecord(schema)) return `Record<string, ${typeOf(further)}>`;
  const members = Object.entries(properties).map(
    ([name, member]) =>
      `${comment(member.description)}${memberName(name)}${required.includes(name) ? '' : '?'}: ${typeOf(member)};\n`,
  );
  const more = typeof further === 'object' ? '[further: string]: unknown;\n' : '';
  return `{\n${members.join('')}${more}}`;
};

const jsonOf = ({ content = {} }: Content): Schema | undefined => content['application/json']?.schema;

/** What is told of success, apart from the body. */
const answersOf = ({ responses }: Operation): Content[] =>
  Object.entries(responses).flatMap(([status, response]) => (status.startsWith('2') ? [response] : []));

/** JSON is read; anything else is the caller's to read. */
const answerType = (operation: Operation): string => {
  const answers = answersOf(operation);
  if (answers.some((answer) => answer.content && !jsonOf(answer))) return 'Response';
  const types = answers.map((answer) => (answer.content ? typeOf(jsonOf(answer)!) : 'undefined'));
  return types.every((type) => type === 'undefined') ? 'void' : unique(types).toSorted().join(' | ');
};

const placed = ({ parameters = [] }: Operation, place: string) =>
  parameters.filter((parameter) => parameter.in === place);

const queryType = (operation: Operation): Schema | undefined => {
  const parameters = placed(operation, 'query');
  if (parameters.length === 0) return undefined;
  return {
    type: 'object',
    properties: Object.fromEntries(
      parameters.map(({ name, schema, description }) => [name, { ...schema, description }]),
    ),
    required: parameters.flatMap(({ name, required }) => (required ? [name] : [])),
  };
};

const signature = (operation: Called): string => {
  const { method, path, operationId, summary, security = [], requestBody } = operation;
  const needed = security.flatMap((scheme) => scheme['apiKey'] ?? []);
  const query = queryType(operation);
  const body = requestBody && jsonOf(requestBody);
  const input = [query, body].flatMap((schema) => (schema ? [typeOf(schema)] : [])).join(' & ');
  const mayLack = !requestBody?.required && !query?.required?.length;
  const parameters = [
    ...placed(operation, 'path').map(({ name }) => `${memberName(name)}: string`),
    ...(input === '' ? [] : [`input${mayLack ? '?' : ''}: ${input}`]),
    'options?: CallOptions',
  ];
  return `${comment(`${summary}. \`${method} ${path}\`, needs \`${needed.join('`, `')}\`.`)}${operationId}(${parameters.join(', ')}): Promise<${answerType(operation)}>;\n`;
};

/** Where members are the application's or a platform's own, whose names stay: paths of members, through lists. */
const recordsIn = (schema: Schema | undefined, document: ApiDocument, path: string[] = []): string[] => {
  if (!schema) return [];
  if (schema.$ref) return recordsIn(document.components.schemas[typeOf(schema)], document, path);
  const parts = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [
    ...(isRecord(schema) ? [path.join('.')] : []),
    ...[schema.items, ...parts].flatMap((part) => recordsIn(part, document, path)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
      recordsIn(member, document, [...path, name]),
    ),
  ];
};

const row = (operation: Called, document: ApiDocument): string => {
  const { method, path, operationId, requestBody } = operation;
  const body = requestBody && jsonOf(requestBody);
  const records = [body, ...answersOf(operation).map(jsonOf)].flatMap((schema) => recordsIn(schema, document));
  const query = placed(operation, 'query').map(({ name }) => name);
  const members = {
    method,
    path,
    query,
    takesInput: query.length > 0 || body !== undefined,
    takesBody: body !== undefined,
    json: answerType(operation) !== 'Response',
    records: unique(records),
  };
  return `${operationId}: ${JSON.stringify(members)},\n`;
};

/** Names of component schemas that a schema needs, its own ones included. */
const needs = (schema: unknown, document: ApiDocument, found = new Set<string>()): Set<string> => {
  for (const [, name] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (found.has(name!)) continue;
    found.add(name!);
    needs(document.components.schemas[name!], document, found);
  }
  return found;
};

/** The module of operations that the client offers: those under `/v1` but calls, which it makes in a way of its own. */
export const clientOperations = (document: ApiDocument): string => {
  const called: Called[] = Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/v1/') && !path.endsWith('/api/{path}'))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
    );
  const types = [...needs([called, { $ref: '#/components/schemas/Problem' }], document)].toSorted().map((name) => {
    const schema = document.components.schemas[name]!;
    const isObject = schema.type === 'object' && !isRecord(schema);
    return `${comment(schema.description)}export ${isObject ? `interface ${name}` : `type ${name} =`} ${typeOf(schema)}\n`;
  });
  return `// Generated by \`npm run generate\` from the OpenAPI document; changes made here are lost.
import type { CallOptions, Operation } from './types.ts';

${types.join('\n')}
/** What the service does, as its OpenAPI document says it. */
export interface Operations {
${called.map(signature).join('\n')}}

/** How each of them is asked for. */
export const operations: Record<keyof Operations, Operation> = {
${called.map((operation) => row(operation, document)).join('')}};
`;
};

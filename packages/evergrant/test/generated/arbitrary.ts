import fc from 'fast-check';
import { nastyText } from '../../src/testing/fuzz.test-support.ts';
import { type Document, type Operation, resolved, type Schema } from './document.ts';

/** What a request consists of. */
export interface Request {
  path: string;
  query: string;
  /** As it is sent; undefined: none. */
  body: string | undefined;
}

/** Ids and names that exist, by the path in which they mean something. */
export type Known = (operation: Operation, parameter: string) => string[];

const fits = (text: string, { minLength = 0, maxLength = 10_000, pattern }: Schema): boolean =>
  text.length >= minLength &&
  text.length <= maxLength &&
  (!pattern || new RegExp(pattern).test(text)) &&
  !text.includes('\0');

/** Values that a schema allows. */
export const valuesOf = (document: Document, given: Schema): fc.Arbitrary<unknown> => {
  const schema = resolved(document, given);
  const { examples = [] } = schema;
  const made = valuesOfType(document, schema);
  return examples.length > 0 ? fc.oneof(fc.constantFrom(...examples), made) : made;
};

const valuesOfType = (document: Document, schema: Schema): fc.Arbitrary<unknown> => {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => valuesOf(document, choice)));
  const [type, ...more] = [schema.type ?? []].flat();
  if (more.length > 0) {
    return fc.oneof(...[type, ...more].map((one) => valuesOfType(document, { ...schema, type: one! })));
  }
  const { minimum: min = 0, maximum: max = 1_000_000, minItems: minLength = 0, maxItems: maxLength = 8 } = schema;
  switch (type) {
    case 'string':
      return schema.pattern
        ? fc.stringMatching(new RegExp(schema.pattern))
        : nastyText.map((text) => text.padEnd(schema.minLength ?? 0, 'x')).filter((text) => fits(text, schema));
    case 'integer':
      return fc.integer({ min, max });
    case 'number':
      return fc.double({ min, max, noNaN: true }).map((value) => Number(value.toFixed(3)));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(document, schema.items ?? {}), { minLength, maxLength: Math.min(maxLength, 8) });
    case 'object':
      return objectsOf(document, schema);
    default:
      return fc.jsonValue();
  }
};

const objectsOf = (document: Document, { properties, required = [], additionalProperties }: Schema) => {
  if (!properties) {
    const values = typeof additionalProperties === 'object' ? valuesOf(document, additionalProperties) : fc.jsonValue();
    return fc.dictionary(fc.string({ maxLength: 20 }), values, { maxKeys: 5 });
  }
  const members = Object.entries(properties).map(([name, member]) => [name, valuesOf(document, member)]);
  return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: required });
};

/** Values that a schema does not allow, whatever else they are. */
const notOf = ({ type, enum: names, minimum, maximum, maxLength }: Schema): fc.Arbitrary<unknown> => {
  const types = [type ?? []].flat();
  const others = Object.entries({
    string: fc.string(),
    number: fc.integer(),
    boolean: fc.boolean(),
    array: fc.array(fc.string()),
    object: fc.constant({}),
  }).filter(([name]) => !types.includes(name) && !(name === 'number' && types.includes('integer')));
  return fc.oneof(
    ...others.map(([, arbitrary]) => arbitrary),
    ...(names ? [fc.constant('none of them')] : []),
    ...(minimum === undefined ? [] : [fc.constant(minimum - 1)]),
    ...(maximum === undefined ? [] : [fc.constant(maximum + 1)]),
    ...(maxLength === undefined ? [] : [fc.constant('x'.repeat(maxLength + 1))]),
  );
};

const unknownName = fc.constantFrom('unknown', 'Owner', 'id ', '__proto__x', 'is_admin', 'constructor');

/** Objects with one fault. */
const faultyObjects = (document: Document, given: Schema): fc.Arbitrary<unknown> => {
  const schema = resolved(document, given);
  const { properties = {}, required = [] } = schema;
  const good = valuesOf(document, schema) as fc.Arbitrary<Record<string, unknown>>;
  const typed = Object.entries(properties).filter(([, member]) => resolved(document, member).type !== undefined);
  return fc.oneof(
    fc.tuple(good, unknownName, fc.jsonValue()).map(([object, name, value]) => ({ ...object, [name]: value })),
    ...(required.length > 0
      ? [
          fc
            .tuple(good, fc.constantFrom(...required))
            .map(([object, name]) => Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))),
        ]
      : []),
    ...typed.map(([name, member]) =>
      fc.tuple(good, notOf(resolved(document, member))).map(([object, value]) => ({ ...object, [name]: value })),
    ),
  );
};

const brokenBodies = fc.constantFrom('', '{', 'null', '[]', '"x"', '1', '{"a":}', '\0', '[{}]', 'undefined');

const encoded = (value: unknown): string => encodeURIComponent(String(value).toWellFormed());

const placed = ({ parameters }: Operation, place: string) => parameters.filter((parameter) => parameter.in === place);

const paths = (operation: Operation, known: Known, strange: boolean): fc.Arbitrary<string> => {
  const steps = placed(operation, 'path').map(({ name }) => {
    const exist = known(operation, name);
    const made = nastyText.filter((text) => text !== '' && !/^\.{1,2}$/.test(text)).map(encoded);
    const step = exist.length === 0 ? made : fc.constantFrom(...exist);
    return strange && exist.length > 0 ? fc.oneof({ weight: 3, arbitrary: step }, made) : step;
  });
  return fc.tuple(...steps).map((values) => {
    const left = [...values];
    return operation.path.replaceAll(/\{\w+\}/g, () => left.shift()!);
  });
};

const queries = (document: Document, operation: Operation): fc.Arbitrary<Record<string, unknown>> => {
  const members = placed(operation, 'query').map(({ name, schema }) => [name, valuesOf(document, schema)]);
  return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] });
};

const queryText = (query: Record<string, unknown>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join('&');

/** Requests as the document wants them. */
export const wellFormed = (document: Document, operation: Operation, known: Known): fc.Arbitrary<Request> =>
  fc.record({
    path: paths(operation, known, true),
    query: queries(document, operation).map(queryText),
    body: operation.body
      ? valuesOf(document, operation.body).map((value) => JSON.stringify(value))
      : fc.constant(undefined),
  });

/** Requests with one fault in query or body; null: the operation takes neither. */
export const malformed = (document: Document, operation: Operation, known: Known): fc.Arbitrary<Request> | null => {
  const { body } = operation;
  const parameters = placed(operation, 'query');
  const path = paths(operation, known, false);
  const good = body ? valuesOf(document, body).map((value) => JSON.stringify(value)) : fc.constant(undefined);
  const faulty: fc.Arbitrary<Request>[] = [];
  if (body) {
    const bad = fc.oneof(
      { weight: 4, arbitrary: faultyObjects(document, body).map((value) => JSON.stringify(value)) },
      brokenBodies,
    );
    faulty.push(fc.record({ path, query: fc.constant(''), body: bad }));
  }
  if (parameters.length > 0) {
    const bad = fc.oneof(
      fc.tuple(unknownName, nastyText),
      ...parameters
        .filter(({ schema }) => schema.type !== 'string' || schema.enum)
        .map(({ name }) =>
          fc.tuple(fc.constant(name), fc.constantFrom('none', '', '1e400', 'NaN', '-1', '0x1', '[1]')),
        ),
    );
    const query = fc
      .tuple(queries(document, operation), bad)
      .map(([object, [name, value]]) => queryText({ ...object, [name]: value }));
    faulty.push(fc.record({ path, query, body: good }));
  }
  return faulty.length === 0 ? null : fc.oneof(...faulty);
};

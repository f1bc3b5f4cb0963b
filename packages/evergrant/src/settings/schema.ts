import { z } from 'zod';
import { shown } from './errors.ts';
import { didYouMean } from './suggest.ts';

/**
 * A strict object of exactly the members of `T`: a member that the type gains and the shape lacks does not compile,
 * and one that the value has and the shape lacks is refused with a suggestion.
 *
 * @param missing said instead of "is missing" where the object is left out
 */
export const objectOf = <T extends object>(
  shape: { [Key in keyof T]-?: z.ZodType<T[Key]> },
  missing?: string,
): z.ZodType<T> => {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'invalid_type' && issue.input === undefined) return missing;
      if (issue.code !== 'unrecognized_keys') return undefined;
      return `has no field ${issue.keys.map((key: string) => `${shown(key)}${didYouMean(key, known)}`).join(', ')}`;
    },
  }) as unknown as z.ZodType<T>;
};

/** Text that is not empty. */
export const text: z.ZodType<string> = z.string().min(1, { error: 'must not be empty' });

/** `providers.acme.scopes[0]`; members that are no names stand in brackets. */
export const pathLabel = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((label, key) => {
    if (typeof key === 'number') return `${label}[${key}]`;
    const name = String(key);
    if (!/^[\w-]+$/.test(name)) return `${label}[${shown(name)}]`;
    return label === '' ? name : `${label}.${name}`;
  }, '');

type Issue = z.core.$ZodIssue;

/**
 * What zod found, one line a fault, each with the path of the value and without the value itself.
 *
 * @param input the value that was checked: zod does not tell a missing member from one of a wrong type
 * @param at the path of `input` in the settings
 */
export const describeIssues = (issues: readonly Issue[], input: unknown, at: readonly PropertyKey[] = []): string[] =>
  issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    const value = valueAt(input, issue.path);
    const branch = issue.code === 'invalid_union' && value !== undefined ? closestBranch(issue) : undefined;
    return branch
      ? describeIssues(branch, value, path)
      : [`${pathLabel(path) || 'configuration'}: ${reason(issue, value)}`];
  });

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], input);

/**
 * The alternative that was probably meant: of those whose type fits, the one with the fewest faults. Where none fits, the
 * union speaks for itself, or its first alternative does.
 */
const closestBranch = (issue: z.core.$ZodIssueInvalidUnion): readonly Issue[] | undefined => {
  const fitting = issue.errors.filter((branch) =>
    branch.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  const [closest] = fitting.toSorted((one, other) => one.length - other.length);
  return closest ?? (isOwn(issue) ? undefined : issue.errors[0]);
};

/** Whether the message is ours: zod's own ones all begin like this. */
const isOwn = (issue: Issue): boolean => !issue.message.startsWith('Invalid ');

const reason = (issue: Issue, value: unknown): string => {
  if (isOwn(issue)) return issue.message;
  if (value === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? issue.expected}, not ${nameOf(value)}`;
    case 'invalid_value': {
      const choices = issue.values.map(String);
      const word = typeof value === 'string' ? `${shown(value)} ` : '';
      const meant = typeof value === 'string' ? didYouMean(value, choices) : '';
      return `${word}must be ${choices.length > 1 ? 'one of ' : ''}${choices.map((choice) => `"${choice}"`).join(', ')}${meant}`;
    }
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
};

const typeNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

const nameOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeNames[typeof value] ?? `a ${typeof value}`;
};

import { EvergrantError } from '../errors/index.ts';
import { readPath } from '../protocols/json-path.ts';
import type { AccountFacts, AccountMap, AnyDefinition } from '../providers/define.ts';

/**
 * What a definition's map makes of an answer.
 *
 * @throws EvergrantError `provider_bad_response` when the answer has no id, or is not as the map expects it
 */
export const mapAccount = (
  definition: AnyDefinition,
  map: AccountMap,
  answer: unknown,
  extra: Record<string, string>,
): AccountFacts =>
  checkedFacts(definition, typeof map === 'function' ? runMap(definition, map, answer, extra) : readMap(map, answer));

/** What a platform says of an account is shown to people, and its id is what the account is known by. */
export const checkedFacts = (definition: AnyDefinition, facts: AccountFacts): AccountFacts => {
  const id = textOrNull(facts.id);
  if (id === null) {
    throw new EvergrantError('provider_bad_response', {
      provider: definition.id,
      detail: 'The answer about the account has no id',
    });
  }
  return {
    ...(facts.type ? { type: facts.type } : {}),
    id,
    name: textOrNull(facts.name),
    username: textOrNull(facts.username),
    picture: webAddressOrNull(facts.picture),
    url: webAddressOrNull(facts.url),
  };
};

/** A hook may trip over an answer that is not as documented; that is the platform's doing, not a crash. */
const runMap = (
  definition: AnyDefinition,
  map: Extract<AccountMap, (...parameters: never[]) => AccountFacts>,
  answer: unknown,
  extra: Record<string, string>,
): AccountFacts => {
  try {
    return map(answer, extra);
  } catch {
    throw new EvergrantError('provider_bad_response', {
      provider: definition.id,
      detail: 'The answer about the account is not as expected',
    });
  }
};

const readMap = (map: Exclude<AccountMap, (...parameters: never[]) => AccountFacts>, answer: unknown) => {
  const at = (path: string | null | undefined) => (path == null ? null : readPath(answer, path));
  return {
    type: undefined,
    id: at(map.id) as string,
    name: at(map.name) as string | null,
    username: at(map.username) as string | null,
    picture: at(map.picture) as string | null,
    url: at(map.url) as string | null,
  };
};

const textOrNull = (value: unknown): string | null => {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
};

/** Pictures and pages are shown to people: nothing but web addresses passes. */
const webAddressOrNull = (value: unknown): string | null =>
  typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value) ? value : null;

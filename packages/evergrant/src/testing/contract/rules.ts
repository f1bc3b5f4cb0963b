import { inspect, isDeepStrictEqual } from 'node:util';
import { classify } from '../../protocols/errors.ts';
import type { AnyDefinition, ErrorRule } from '../../providers/define.ts';
import type { ErrorSample, ProviderFixture } from '../../providers/fixture.ts';
import { contradictions, outcomeOf } from './errors.ts';
import type { Scene } from './scene.ts';

/**
 * Every rule of `handleErrors` is needed: without it some sample would be contradicted. A rule of which this cannot be
 * said may be mistyped, stand behind one that takes everything, or say what a default says anyway; nobody would notice.
 */
export const checkRules = async ({ definition, fixture, findings }: Scene): Promise<void> => {
  // What the definition does not keep is a finding of its own, and proves nothing about a rule.
  const samples = samplesOf(fixture).filter((sample) => contradictions(definition, sample).length === 0);
  const decided = new Map(samples.map((sample) => [sample, ruleFor(definition, sample)]));
  for (const [index, rule] of (definition.handleErrors ?? []).entries()) {
    const own = samples.filter((sample) => decided.get(sample) === rule);
    const rest = without(definition, index);
    if (own.some((sample) => contradictions(rest, sample).length > 0)) continue;
    const advice = own.length > 0 ? adviceOnDecided(definition, rest, own) : adviceOnIdle(definition, rule, samples);
    findings.say(`${nameOf(definition, rule)} ${advice}`);
  }
};

/** The refusal of a person is a sample too. */
const samplesOf = ({ callback, errors }: ProviderFixture): ErrorSample[] => [
  ...errors,
  { phase: 'authorize', status: 302, body: callback.denied, is: 'reconnect', error: 'consent_denied' },
];

const ruleFor = (definition: AnyDefinition, sample: ErrorSample): ErrorRule | undefined =>
  classify(definition, sample.phase, sample)?.rule;

const without = (definition: AnyDefinition, index: number): AnyDefinition => ({
  ...definition,
  handleErrors: definition.handleErrors?.toSpliced(index, 1),
});

/** To a rule that no sample meets. */
const adviceOnIdle = (definition: AnyDefinition, rule: ErrorRule, samples: ErrorSample[]): string => {
  const met = samples.find((sample) => ruleFor({ ...definition, handleErrors: [rule] }, sample) === rule);
  const earlier = met && ruleFor(definition, met);
  return earlier
    ? `is never reached: ${nameOf(definition, earlier)} comes first. Put it before that one, add a sample to errors that only it meets, or delete it`
    : 'meets no sample: add one to errors, as the documentation of the platform shows that answer, or delete the rule';
};

/** To a rule that decides samples which without it would be as they should be. */
const adviceOnDecided = (definition: AnyDefinition, rest: AnyDefinition, own: ErrorSample[]): string => {
  const added = own.map((sample) => addition(definition, rest, sample)).find((members) => members !== '');
  if (added) return `adds what no sample says: write ${added} into the sample of it, or delete the rule`;
  const other = ruleFor(rest, own[0]!);
  const instead = other ? nameOf(definition, other) : 'the default';
  return `changes nothing: without it ${instead} says the same. Delete it, or add a documented sample for which that is not so`;
};

/** What a sample could say that is so with the rule and not without it, as the author would write it. */
const addition = (definition: AnyDefinition, rest: AnyDefinition, sample: ErrorSample): string => {
  const [full, bare] = [definition, rest].map((one) => outcomeOf(one, classify(one, sample.phase, sample)) ?? {});
  return Object.entries(full!)
    .filter(([name, value]) => value !== undefined && !isDeepStrictEqual(value, bare?.[name as keyof typeof bare]))
    .map(([name, value]) => `${name}: ${inspect(value)}`)
    .join(', ');
};

const nameOf = ({ handleErrors = [] }: AnyDefinition, rule: ErrorRule): string =>
  `handleErrors[${handleErrors.indexOf(rule)}] ${inspect(rule, { breakLength: Number.POSITIVE_INFINITY, maxStringLength: 60 })}`;

import { type Classification, classify } from '../../protocols/errors.ts';
import { errorOf } from '../../protocols/failure.ts';
import type { Verdict } from '../../protocols/types.ts';
import type { AnyDefinition, ErrorClass } from '../../providers/define.ts';
import type { ErrorSample } from '../../providers/fixture.ts';
import { Findings } from './findings.ts';
import { refuseCallback, type Scene } from './scene.ts';
import { toRawAnswer } from './scripted-platform.ts';

type TokenPhase = 'exchange' | 'refresh';

/** What a class says about the credential that was presented; a missing scope ends it like a refusal. */
const verdictsOf: Record<ErrorClass, Verdict['kind'][]> = {
  'refresh-token': ['rejected'],
  reconnect: ['rejected'],
  'missing-scope': ['rejected'],
  'app-misconfigured': ['misconfigured'],
  'rate-limit': ['not_processed'],
  retry: ['ambiguous', 'not_processed'],
  'bad-body': ['ambiguous', 'not_processed'],
};

/** Every sample gets its class, its code, and the verdict that the class means for the credential. */
export const classifyErrors = async (scene: Scene): Promise<void> => {
  for (const sample of scene.fixture.errors) {
    const { phase, body, error } = sample;
    const what = nameOf(sample);
    for (const sentence of contradictions(scene.definition, sample)) scene.findings.say(sentence);
    if (phase === 'authorize' && error) await refuseCallback(scene, what, body as Record<string, string>, error);
    if (phase === 'exchange' || phase === 'refresh') await checkVerdict(scene, what, sample, phase);
  }
};

/** Where the definition makes something else of an answer than the sample says: one sentence for each difference. */
export const contradictions = (definition: AnyDefinition, sample: ErrorSample): string[] => {
  const findings = new Findings();
  const what = nameOf(sample);
  const found = classify(definition, sample.phase, sample);
  findings.expect(what, found?.class ?? null, sample.is);
  const outcome = outcomeOf(definition, found);
  for (const member of ['error', 'reason', 'retryAfter', 'affects'] as const) {
    if (sample[member] === undefined) continue;
    findings.expect(`${what}: ${member === 'error' ? 'code' : member}`, outcome?.[member], sample[member]);
  }
  if (sample.message !== undefined && !outcome?.message?.includes(sample.message)) {
    findings.expect(`${what}: message`, outcome?.message, sample.message);
  }
  return findings.sentences;
};

/** What a sample can say of an answer beside its class. */
export type Outcome = Pick<ErrorSample, 'error' | 'reason' | 'retryAfter' | 'affects' | 'message'>;

/** @returns undefined when the answer is no error */
export const outcomeOf = ({ id }: AnyDefinition, found: Classification | null): Outcome | undefined => {
  if (!found) return undefined;
  const { code, detail, retryAfter, extensions } = errorOf({ provider: id }, found);
  const reason = extensions?.['reason'] as Outcome['reason'];
  return { error: code, reason, retryAfter, affects: found.rule?.affects, message: detail };
};

export const nameOf = ({ phase, status, body }: ErrorSample): string => `${phase} ${status} ${JSON.stringify(body)}`;

const checkVerdict = async (scene: Scene, what: string, sample: ErrorSample, phase: TokenPhase): Promise<void> => {
  const { kind } = await scene.protocol.read(scene.app, phase, toRawAnswer(sample));
  const kinds = sample.is ? verdictsOf[sample.is] : ['tokens'];
  if (!kinds.includes(kind)) scene.findings.say(`${what}: expected ${kinds.join(' or ')}, got ${kind}`);
};

/** Without these samples nobody has looked at what matters most: whom a failure is blamed on. */
export const checkSamples = async ({ definition, fixture, findings }: Scene): Promise<void> => {
  const has = (phases: ErrorSample['phase'][], is: ErrorClass) =>
    fixture.errors.some((sample) => phases.includes(sample.phase) && sample.is === is);
  const must = (holds: boolean, sentence: string) => {
    if (!holds) findings.say(`the fixture has no sample of ${sentence}`);
  };
  if (fixture.refresh) must(has(['refresh'], 'reconnect'), 'a refused renewal (phase refresh, reconnect)');
  must(
    has(['exchange', 'refresh', 'request'], 'app-misconfigured'),
    'wrong credentials of the app (app-misconfigured, before or at a token)',
  );
  must(has(['api'], 'refresh-token') || has(['api'], 'reconnect'), 'an access token that is refused (phase api)');
  const limited = classify(definition, 'api', { status: 429, body: '' })?.class;
  findings.expect('an answer 429 without a word', limited, 'rate-limit');
};

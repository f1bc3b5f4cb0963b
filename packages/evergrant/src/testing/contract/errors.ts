import { classify } from '../../protocols/errors.ts';
import type { Verdict } from '../../protocols/types.ts';
import type { ErrorClass } from '../../providers/define.ts';
import type { ProviderFixture } from '../../providers/fixture.ts';
import { refuseCallback, type Scene } from './scene.ts';
import { toRawAnswer } from './scripted-platform.ts';

type ErrorSample = ProviderFixture['errors'][number];
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
  const { definition, fixture, findings } = scene;
  for (const sample of fixture.errors) {
    const { phase, status, body, headers, path, is, error } = sample;
    const what = nameOf(sample);
    const found = classify(definition, phase, { status, headers, body, path });
    findings.expect(what, found?.class ?? null, is);
    if (error) findings.expect(`${what}: code`, found?.error, error);
    if (phase === 'authorize' && error) await refuseCallback(scene, what, body as Record<string, string>, error);
    if (phase === 'exchange' || phase === 'refresh') await checkVerdict(scene, what, sample, phase);
  }
};

const nameOf = ({ phase, status, body }: ErrorSample): string => `${phase} ${status} ${JSON.stringify(body)}`;

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

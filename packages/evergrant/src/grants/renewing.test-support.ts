import { TransportError } from '../egress/types.ts';
import type { Protocol, RawAnswer, Verdict } from '../protocols/types.ts';
import { schedule } from '../store/index.ts';
import { gateKey } from './gate.ts';
import { passUntil, type Scene, second } from './scene.test-support.ts';
import type { Send } from './test-support.ts';

/*
 * What happens to renewals of a scene.
 */

/** The request goes out, the platform acts on it or not, and nothing comes back. */
export const silence =
  (scene: Scene, acts: 'the platform acts' | 'nothing happens'): Send =>
  async (token) => {
    if (acts === 'the platform acts') scene.platform.present(token);
    throw new TransportError('unknown', 'connection reset');
  };

/** An answer that is made at once and held back. */
export const held = (scene: Scene) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const tokens: string[] = [];
  const send: Send = async (token) => {
    const answer: RawAnswer = scene.platform.present(token);
    tokens.push((JSON.parse(answer.body) as { refresh_token: string }).refresh_token);
    await promise;
    return answer;
  };
  return { send, release: resolve, tokens };
};

export const connectDue = async (scene: Scene, input: Parameters<Scene['connect']>[0] = {}) => {
  const connected = await scene.connect(input);
  await scene.advanceToDue(connected.grantId);
  return connected;
};

/** Renews whenever something is due, for so long. */
export const goOn = async (scene: Scene, milliseconds: number): Promise<void> => {
  const until = scene.clock.now() + milliseconds;
  while (scene.clock.now() < until) {
    await scene.renewDue();
    const due = (await schedule.nextDue(scene.store.db, gateKey(scene.app))) ?? Infinity;
    // A second at least: what is due and cannot be claimed must not stop the clock.
    scene.clock.advance(Math.min(until, Math.max(due, scene.clock.now() + second)) - scene.clock.now());
  }
};

/** Begins what is due, and waits until so many requests have gone out. */
export const sendDue = async (scene: Scene, sent = 1): Promise<void> => {
  await scene.renewals.beginDue(100, () => {});
  await passUntil(scene.clock, () => scene.presented.length === sent, { step: 0 });
};

/** From here on answers are read in another way. */
export const readAnswersBy = (
  scene: Scene,
  read: (...given: Parameters<Protocol['read']>) => Promise<Verdict>,
): void => {
  const { apps } = scene.context;
  scene.context.apps = { ...apps, protocol: (app) => ({ ...apps.protocol(app), read }) };
};

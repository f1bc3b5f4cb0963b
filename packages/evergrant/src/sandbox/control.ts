import { sleep } from '../telemetry/clock.ts';
import { cutConnection, expireAll, phaseOf, revokeAll, tooMany, unavailable, untilGone } from './faults.ts';
import type { Play } from './play.ts';
import type { Received } from './received.ts';
import type { LoggedRequest, NodeBindings, PlatformControl, ScriptedAnswer } from './types.ts';
import type { World } from './world.ts';

const logLimit = 1000;

/** The knobs of a platform, and the stage on which its answers are given. */
export interface Stage {
  control: PlatformControl;
  /** Gives the scripted answer, or the one that `act` works out; writes down what was asked. */
  perform(
    received: Received,
    act: () => Promise<Response>,
    request: Request,
    bindings?: NodeBindings,
  ): Promise<Response>;
}

/** Makes the stage of one platform. */
export const createStage = (world: World, play: Play): Stage => {
  const { platform } = play;
  const usual = structuredClone(platform.behaviour);
  const scripted: ScriptedAnswer[] = [];
  const counts = { exchange: 0, upgrade: 0, refresh: 0 };
  let log: LoggedRequest[] = [];
  let isDown = false;
  /** Milliseconds since the epoch. */
  let limitedUntil = 0;

  const take = ({ endpoint }: Received): ScriptedAnswer | undefined => {
    const index = scripted.findIndex((answer) => (answer.endpoint ?? 'token') === endpoint);
    const answer = scripted[index];
    if (answer && (answer.times ?? 1) > 1) scripted[index] = { ...answer, times: answer.times! - 1 };
    else if (answer) scripted.splice(index, 1);
    return answer;
  };

  /** While the platform as a whole is down or limits us; people still reach its pages. */
  const refusalOf = (received: Received): Response | null => {
    const { endpoint } = received;
    if (endpoint === 'authorize') return null;
    if (isDown) return unavailable();
    const seconds = (limitedUntil - world.clock.now()) / 1000;
    return seconds > 0 ? tooMany(platform, phaseOf(endpoint, play.phaseOf(received)), seconds) : null;
  };

  const write = (received: Received): LoggedRequest => {
    const { endpoint, method, url } = received;
    const entry: LoggedRequest = {
      at: world.clock.now(),
      endpoint,
      method,
      url: url.origin + url.pathname,
      ...play.describe(received),
      outcome: null,
    };
    log = [...log, entry].slice(-logLimit);
    const asked = play.phaseOf(received);
    if (asked) counts[asked] += 1;
    return entry;
  };

  return {
    control: {
      answerNext: (...answers) => void scripted.push(...answers),
      outage: (on) => {
        isDown = on;
      },
      rateLimit: (seconds) => {
        limitedUntil = world.clock.now() + seconds * 1000;
      },
      behave: (changes) => void Object.assign(platform.behaviour, structuredClone(changes)),
      revokeGrant: (subject) => revokeAll(world, platform, subject),
      expire: (subject, tokens = 'access') => expireAll(world, platform, subject, tokens),
      restore() {
        isDown = false;
        limitedUntil = 0;
        scripted.length = 0;
        Object.assign(platform.behaviour, structuredClone(usual));
      },
      log: () => structuredClone(log),
      tokenRequests: () => ({ ...counts }),
      chain: (token) => play.wouldRenew(token),
    },
    async perform(received, act, request, bindings) {
      const entry = write(received);
      const fault = refusalOf(received);
      if (fault) return noted(entry, fault);
      const script = take(received);
      if (!script) return noted(entry, await act());
      const replaced = script.fault !== undefined || script.status !== undefined || script.body !== undefined;
      const answer = !replaced || script.processed ? await act() : null;
      if (script.delayMs) await sleep(world.clock, script.delayMs);
      if (script.fault) entry.outcome = script.fault;
      if (script.fault === 'reset') return cutConnection(bindings);
      if (script.fault === 'hang') return untilGone(request);
      return noted(entry, answer && !replaced ? withHeaders(answer, script.headers) : scriptedResponse(script));
    },
  };
};

const noted = (entry: LoggedRequest, response: Response): Response => {
  entry.outcome = response.status;
  return response;
};

const scriptedResponse = ({ status = 200, body, headers }: ScriptedAnswer): Response => {
  const isText = typeof body === 'string';
  const text = body === undefined || isText ? body : JSON.stringify(body);
  const type = isText || body === undefined ? 'text/plain' : 'application/json';
  return new Response(text, { status, headers: { 'content-type': type, ...headers } });
};

const withHeaders = (answer: Response, headers: Record<string, string> = {}): Response => {
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
  return answer;
};

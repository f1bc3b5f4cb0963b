import { sleep } from '../telemetry/clock.ts';
import { revoke } from './grants.ts';
import type { PlayedPlatform } from './platform.ts';
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
  const scripted: ScriptedAnswer[] = [];
  const counts = { exchange: 0, upgrade: 0, refresh: 0 };
  let log: LoggedRequest[] = [];
  let isDown = false;

  const take = ({ endpoint }: Received): ScriptedAnswer | undefined => {
    const index = scripted.findIndex((answer) => (answer.endpoint ?? 'token') === endpoint);
    const answer = scripted[index];
    if (answer && (answer.times ?? 1) > 1) scripted[index] = { ...answer, times: answer.times! - 1 };
    else if (answer) scripted.splice(index, 1);
    return answer;
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
      behave: (changes) => void Object.assign(platform.behaviour, changes),
      revokeGrant: (subject) => revokeAll(world, platform, subject),
      log: () => structuredClone(log),
      tokenRequests: () => ({ ...counts }),
      chain: (token) => play.wouldRenew(token),
    },
    async perform(received, act, request, bindings) {
      const entry = write(received);
      if (isDown && received.endpoint !== 'authorize') {
        entry.outcome = 503;
        return Response.json({ error: 'temporarily_unavailable' }, { status: 503 });
      }
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

const revokeAll = (world: World, platform: PlayedPlatform, subject: string): number => {
  const theirs = [...world.state.grants.values()].filter(
    (grant) => grant.platform === platform.id && (grant.subject === subject || grant.person === subject),
  );
  for (const grant of theirs) revoke(world.state, platform, grant, 'grant');
  world.state.save();
  return theirs.length;
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

/** On a real socket before the first byte; without one as a body that breaks off, which is all that a `Response` can do. */
const cutConnection = (bindings: NodeBindings | undefined): Response => {
  bindings?.incoming?.socket.resetAndDestroy();
  if (bindings?.incoming) return new Response(null, { status: 502 });
  return new Response(
    new ReadableStream({ start: (controller) => controller.error(new Error('The connection was reset.')) }),
  );
};

/** Waits until the client has gone. */
const untilGone = ({ signal }: Request): Promise<Response> =>
  new Promise((resolve) => {
    const end = () => resolve(new Response(null, { status: 499 }));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

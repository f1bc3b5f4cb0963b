import type { Phase } from '../providers/define.ts';
import { refusal } from './answers.ts';
import { revoke } from './grants.ts';
import type { PlayedPlatform } from './platform.ts';
import type { Endpoint, NodeBindings } from './types.ts';
import type { World } from './world.ts';

/** What a platform that is down answers. */
export const unavailable = (): Response => Response.json({ error: 'temporarily_unavailable' }, { status: 503 });

/** A refusal for want of patience, in the platform's own words where its fixture has them. */
export const tooMany = (platform: PlayedPlatform, phase: Phase, seconds: number): Response => {
  const otherwise = { status: 429, error: 'slow_down', description: 'Too many requests.' };
  const response = refusal(platform, { phase, is: 'rate-limit' }, otherwise);
  response.headers.set('retry-after', String(Math.ceil(seconds)));
  return response;
};

/** The phase in which an answer of an endpoint is read. */
export const phaseOf = (endpoint: Endpoint, asked: 'exchange' | 'upgrade' | 'refresh' | null): Phase => {
  if (endpoint === 'token') return asked === 'refresh' ? 'refresh' : 'exchange';
  return endpoint;
};

/** The live grants of a person, by name or id; without one everybody's. */
const grantsOf = (world: World, { id }: PlayedPlatform, subject: string | undefined) =>
  [...world.state.grants.values()].filter(
    (grant) => grant.platform === id && [undefined, grant.subject, grant.person].includes(subject),
  );

/** Ends grants as a person does in the platform's settings. Returns how many there were. */
export const revokeAll = (world: World, platform: PlayedPlatform, subject?: string): number => {
  const theirs = grantsOf(world, platform, subject);
  for (const grant of theirs) revoke(world.state, platform, grant, 'grant');
  world.state.save();
  return theirs.length;
};

/** Lets every token that was given so far run out. Returns of how many grants. */
export const expireAll = (
  world: World,
  platform: PlayedPlatform,
  subject: string | undefined,
  tokens: 'access' | 'refresh',
): number => {
  const theirs = grantsOf(world, platform, subject);
  for (const { expiredUpTo, issued } of theirs) {
    expiredUpTo.access = issued;
    if (tokens === 'refresh') expiredUpTo.refresh = issued;
  }
  world.state.save();
  return theirs.length;
};

/** On a real socket before the first byte; without one as a body that breaks off, which is all that a `Response` can do. */
export const cutConnection = (bindings: NodeBindings | undefined): Response => {
  bindings?.incoming?.socket.resetAndDestroy();
  if (bindings?.incoming) return new Response(null, { status: 502 });
  return new Response(
    new ReadableStream({ start: (controller) => controller.error(new Error('The connection was reset.')) }),
  );
};

/** Waits until the client has gone. */
export const untilGone = ({ signal }: Request): Promise<Response> =>
  new Promise((resolve) => {
    const end = () => resolve(new Response(null, { status: 499 }));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

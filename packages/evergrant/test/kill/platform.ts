import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src/telemetry/clock.ts';

/** A grant as the platform knows it. */
export interface Family {
  /** The refresh token that was issued last. */
  current: string;
  /** The one that was exchanged for it, and since when. */
  previous: { token: string; spentAt: number } | null;
  /** A spent token came back: somebody may have stolen it, so nothing is accepted any more. */
  revoked: boolean;
}

export type RotatingPlatform = Awaited<ReturnType<typeof createRotatingPlatform>>;

export interface PlatformOptions {
  clock: Clock;
  random: () => number;
  /** Milliseconds, on the clock, of an access token. */
  lifetime: number;
  /** By the name of each kind of grant: for how long a spent refresh token may be presented again. */
  grace: Record<string, number>;
  /** Real milliseconds at most that it takes before it acts, and after that until it answers. */
  slowness: number;
}

/**
 * A token endpoint that rotates refresh tokens and takes a reuse for a theft. It keeps the true chain, and so is the
 * judge of what a client has stored. `/{kind}/token` behaves with the grace of that kind.
 */
export const createRotatingPlatform = async (options: PlatformOptions) => {
  const { clock, random, slowness } = options;
  const families = new Map<string, Family & { kind: string }>();
  const counts = { underWay: 0, rotations: 0, refusals: 0 };
  let serial = 0;

  const issue = (name: string): string => `${name}~${++serial}`;

  const isAcceptable = (family: Family & { kind: string }, token: string): boolean => {
    if (family.revoked) return false;
    if (family.current === token) return true;
    const { previous, kind } = family;
    return previous?.token === token && clock.now() - previous.spentAt <= options.grace[kind]!;
  };

  const familyOf = (token: string) => families.get(token.split('~')[0]!);

  const present = (kind: string, token: string): object => {
    const family = familyOf(token);
    if (family?.kind !== kind || !isAcceptable(family, token)) {
      if (family) family.revoked = true;
      counts.refusals++;
      return { error: 'invalid_grant' };
    }
    // Within its grace a spent token gives another one in the place of the one that was lost.
    if (family.current === token) family.previous = { token, spentAt: clock.now() };
    family.current = issue(token.split('~')[0]!);
    counts.rotations++;
    return {
      access_token: `at-${family.current}`,
      token_type: 'Bearer',
      refresh_token: family.current,
      expires_in: options.lifetime / 1000,
    };
  };

  const answer = async (url: string, form: string, response: ServerResponse): Promise<void> => {
    await pause(random() * slowness);
    const body = present(url.split('/')[1]!, new URLSearchParams(form).get('refresh_token') ?? '');
    await pause(random() * slowness);
    response.writeHead('error' in body ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
    counts.underWay--;
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    counts.underWay++;
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void answer(request.url!, Buffer.concat(chunks).toString(), response));
    // A request that breaks off before it is whole is none.
    request.on('close', () => {
      if (!request.complete) counts.underWay--;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    /** A person says yes. @returns the first refresh token */
    consent(kind: string): string {
      const name = `${kind}-${families.size}`;
      const current = issue(name);
      families.set(name, { kind, current, previous: null, revoked: false });
      return current;
    },
    /** Whether it would accept a token now. */
    accepts(token: string): boolean {
      const family = familyOf(token);
      return family !== undefined && isAcceptable(family, token);
    },
    /** The token that it issued last in the family of this one. */
    newest: (token: string): string => familyOf(token)!.current,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

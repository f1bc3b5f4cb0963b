import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { host } from '../support/evergrant.ts';

/** A grant as the platform knows it. */
interface Family {
  /** Its refresh tokens in the order in which they were issued, and when each was spent. */
  tokens: { value: string; spentAt: number | null }[];
  revoked: boolean;
  /** Renewals that it was asked for. */
  requests: number;
}

/** A renewal on which the platform has acted, and whose answer it keeps to itself. */
export interface HeldAnswer {
  family: string;
  release(): void;
}

export type Platform = Awaited<ReturnType<typeof startPlatform>>;

/** Without any grace for a spent refresh token, and with ten minutes of it. */
export const kinds = { strict: 0, lenient: 600_000 } as const;

export type Kind = keyof typeof kinds;

/** Seconds that an access token lives. */
export const expiresIn = 3600;

/**
 * A token endpoint for each kind, in the test's own process: it rotates refresh tokens, ends a grant at a reuse, keeps the
 * true chain of tokens, and can act on a request while it holds its answer back.
 */
export const startPlatform = async () => {
  const families = new Map<string, Family>();
  let refusals = 0;
  let latency = 0;
  let holds: (family: string) => boolean = () => false;
  const held: HeldAnswer[] = [];

  const find = (kind: string, value: string) => {
    const name = value.split('~')[0]!;
    const family = name.startsWith(kind) ? families.get(name) : undefined;
    const index = family?.tokens.findIndex((token) => token.value === value) ?? -1;
    return family && index >= 0 ? { name, family, index } : null;
  };

  const isAcceptable = (kind: string, { family, index }: { family: Family; index: number }): boolean => {
    if (family.revoked) return false;
    const { spentAt } = family.tokens[index]!;
    if (spentAt === null) return true;
    return index === family.tokens.length - 2 && Date.now() - spentAt <= kinds[kind as Kind];
  };

  const issue = (name: string, family: Family): string => {
    const current = family.tokens.at(-1);
    if (current?.spentAt === null) current.spentAt = Date.now();
    const value = `${name}~${family.tokens.length}`;
    family.tokens.push({ value, spentAt: null });
    return value;
  };

  const present = (kind: string, value: string): { family: string; status: number; body: object } => {
    const found = find(kind, value);
    if (found) found.family.requests++;
    if (!found || !isAcceptable(kind, found)) {
      if (found) found.family.revoked = true;
      refusals++;
      return { family: found?.name ?? '', status: 400, body: { error: 'invalid_grant' } };
    }
    const refreshToken = issue(found.name, found.family);
    const body = {
      access_token: `access ${refreshToken}`,
      refresh_token: refreshToken,
      token_type: 'Bearer',
      expires_in: expiresIn,
    };
    return { family: found.name, status: 200, body };
  };

  const answer = (response: ServerResponse, status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const value = new URLSearchParams(Buffer.concat(chunks).toString()).get('refresh_token') ?? '';
      const { family, status, body } = present(request.url!.split('/')[1]!, value);
      if (holds(family)) held.push({ family, release: () => answer(response, status, body) });
      else setTimeout(() => answer(response, status, body), latency);
    });
  });
  server.listen(0, host);
  await once(server, 'listening');

  return {
    origin: `http://${host}:${(server.address() as AddressInfo).port}`,
    /** A person says yes. @returns the first refresh token */
    consent(kind: Kind): string {
      const name = `${kind}-${families.size}`;
      const family: Family = { tokens: [], revoked: false, requests: 0 };
      families.set(name, family);
      return issue(name, family);
    },
    /** Whether it would accept a refresh token now. */
    accepts(value: string): boolean {
      const kind = value.split('-')[0]!;
      const found = find(kind, value);
      return found !== null && isAcceptable(kind, found);
    },
    /** The person withdraws what was granted with this token. */
    revoke(value: string): void {
      families.get(value.split('~')[0]!)!.revoked = true;
    },
    /** How often it was asked to renew the grant of this token. */
    requests: (value: string): number => families.get(value.split('~')[0]!)?.requests ?? 0,
    /** How often it has refused a refresh token. */
    refusals: () => refusals,
    /** Milliseconds from the request to the answer. */
    answerAfter(milliseconds: number): void {
      latency = milliseconds;
    },
    /** From now on holds the answers for the grants of these tokens, or for all. */
    hold(...values: string[]): void {
      const names = new Set(values.map((value) => value.split('~')[0]!));
      holds = (family) => names.size === 0 || names.has(family);
    },
    held: (): readonly HeldAnswer[] => held,
    /** Sends what it held, and holds nothing any more. */
    release(): void {
      holds = () => false;
      for (const one of held.splice(0)) one.release();
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

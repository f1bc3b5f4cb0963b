import { createHash, createHmac } from 'node:crypto';

/*
 * Simulated tokens say themselves what they are and are signed, so that the sandbox keeps a few numbers for a grant and
 * not a list of tokens.
 */

export type TokenKind = 'code' | 'access' | 'refresh' | 'account';

export interface TokenFacts {
  kind: TokenKind;
  platform: string;
  grant: string;
  /** Counts the tokens of a grant. */
  number: number;
  /** Milliseconds since the epoch; null: no end. */
  expiresAt: number | null;
}

const sign = (key: Buffer, payload: string): string =>
  createHmac('sha256', key).update(payload).digest('base64url').slice(0, 22);

/** Makes the token of these facts; the same facts give the same token. */
export const writeToken = (key: Buffer, { kind, platform, grant, number, expiresAt }: TokenFacts): string => {
  const payload = `sandbox-${kind}.${platform}.${grant}.${number}.${expiresAt ?? 'never'}`;
  return `${payload}.${sign(key, payload)}`;
};

/** The facts of a token; null when this sandbox did not make it. */
export const readToken = (key: Buffer, token: string): TokenFacts | null => {
  const match =
    /^(sandbox-(code|access|refresh|account)\.([a-z0-9-]+)\.([0-9a-f]+)\.(\d+)\.(\d+|never))\.([\w-]+)$/.exec(token);
  if (!match || sign(key, match[1]!) !== match[7]) return null;
  const [, , kind, platform, grant, number, expiresAt] = match;
  return {
    kind: kind as TokenKind,
    platform: platform!,
    grant: grant!,
    number: Number(number),
    expiresAt: expiresAt === 'never' ? null : Number(expiresAt),
  };
};

/** A name for a token that does not give it away, as the log of the sandbox uses it. */
export const tokenId = (token: string): string => createHash('sha256').update(token).digest('base64url').slice(0, 12);

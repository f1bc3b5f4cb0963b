import { EvergrantError } from '../errors/index.ts';
import type { Protocol, RawAnswer, Verdict } from '../protocols/types.ts';

/** How a platform in memory treats refresh tokens. Milliseconds. */
export interface PlatformKnobs {
  rotates: boolean;
  /** For so long a used refresh token still works. */
  grace: number;
  /** A used refresh token, presented after its grace, ends the whole family. */
  reuseRevokes: boolean;
  /**
   * What a second use within the grace does to the token that the first one brought: it ends it, as Airlock documents
   * and a report on Auth0 describes, or lets both live. `ends` unless said.
   */
  repeat?: 'ends' | 'forks';
  /** Of an access token. */
  lifetime: number;
}

interface Token {
  value: string;
  /** The token that was presented for it. */
  parent: Token | null;
  /** When it was first presented. */
  spentAt: number | null;
}

interface Family {
  /** Refresh tokens in the order in which they were issued. */
  tokens: Token[];
  revoked: boolean;
}

/** The platform's own, true account of every token: it judges what Evergrant stored. */
export interface MemoryPlatform {
  /** A new consent. @returns its first refresh token */
  consent(): string;
  /** Processes a renewal as a token endpoint does. */
  present(refreshToken: string): RawAnswer;
  /** Whether it would accept a token now. */
  accepts(refreshToken: string): boolean;
  /** Ends the family of a token. */
  revoke(refreshToken: string): void;
  /** Ends the family, as a person does in the platform's settings. */
  familyOf(refreshToken: string): string;
}

export const createMemoryPlatform = (knobs: PlatformKnobs, now: () => number): MemoryPlatform => {
  const families = new Map<string, Family>();
  let serial = 0;

  const find = (value: string) => {
    const family = families.get(value.split('.')[0]!);
    const token = family?.tokens.find((one) => one.value === value);
    return family && token ? { family, token } : null;
  };

  const takes = (family: Family, token: Token): boolean => {
    if (family.revoked) return false;
    const newest = family.tokens.at(-1)!;
    const isUnused = token.spentAt === null;
    if (token === newest || (knobs.repeat === 'forks' && isUnused)) return true;
    if (isUnused || now() - token.spentAt! >= knobs.grace) return false;
    // Once a token that it brought is used, the first one has arrived, and needs no grace any more.
    return family.tokens.every(({ parent, spentAt }) => parent !== token || spentAt === null);
  };

  const issue = (name: string, family: Family, parent: Token | null): string => {
    const value = `${name}.${++serial}`;
    family.tokens.push({ value, parent, spentAt: null });
    return value;
  };

  const tokens = (refreshToken: string | undefined): RawAnswer => ({
    status: 200,
    headers: {},
    body: JSON.stringify({
      access_token: `at-${++serial}`,
      refresh_token: refreshToken,
      expires_in: knobs.lifetime / 1000,
    }),
  });

  return {
    consent() {
      const name = `family${++serial}`;
      const family: Family = { tokens: [], revoked: false };
      families.set(name, family);
      return issue(name, family, null);
    },
    present(value) {
      const found = find(value);
      if (!found || found.family.revoked) return refusal;
      const { family, token } = found;
      if (!takes(family, token)) {
        if (knobs.reuseRevokes) family.revoked = true;
        return refusal;
      }
      if (!knobs.rotates) return tokens(undefined);
      token.spentAt ??= now();
      return tokens(issue(value.split('.')[0]!, family, token));
    },
    accepts(value) {
      const found = find(value);
      return found !== null && takes(found.family, found.token);
    },
    revoke(value) {
      const found = find(value);
      if (found) found.family.revoked = true;
    },
    familyOf: (value) => value.split('.')[0]!,
  };
};

const refusal: RawAnswer = { status: 400, headers: {}, body: '{"error":"invalid_grant"}' };

/** Reads the answers of such a platform, and of one that misbehaves, as the real protocol would. */
export const readMemoryAnswer: Protocol['read'] = async (_app, _phase, answer): Promise<Verdict> => {
  const error = (code: ConstructorParameters<typeof EvergrantError>[0]) => new EvergrantError(code);
  if (answer.status === 200 && answer.body.startsWith('{')) {
    const body = JSON.parse(answer.body) as { access_token: string; refresh_token?: string; expires_in: number };
    return {
      kind: 'tokens',
      tokens: {
        accessToken: body.access_token,
        refreshToken: body.refresh_token ?? null,
        tokenType: 'bearer',
        expiresIn: body.expires_in,
        refreshExpiresIn: null,
        scopes: null,
        extra: {},
        subject: null,
      },
    };
  }
  if (answer.body.includes('invalid_grant')) return { kind: 'rejected', error: error('reauth_required') };
  if (answer.body.includes('invalid_client')) {
    return { kind: 'misconfigured', error: error('provider_app_credentials_invalid') };
  }
  if (answer.status === 503 || answer.status === 429) {
    return {
      kind: 'not_processed',
      error: error(answer.status === 429 ? 'provider_rate_limited' : 'provider_unavailable'),
    };
  }
  return { kind: 'ambiguous', error: error('provider_unavailable') };
};

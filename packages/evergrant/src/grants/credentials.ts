import { tokenSecretOf } from '../protocols/oauth1/token-secret.ts';
import type { GrantRow } from '../store/index.ts';
import type { Vault } from '../vault/index.ts';

type SealedColumn = 'access_token_sealed' | 'refresh_token_sealed' | 'candidate_sealed' | 'extra_sealed';

/** Seals one column of a grant; null stays null. */
export const sealGrant = <T extends string | null>(
  vault: Vault,
  grantId: string,
  column: SealedColumn,
  value: T,
): T extends string ? Uint8Array : Uint8Array | null =>
  (value === null ? null : vault.seal(value, { table: 'grants', column, row: grantId })) as T extends string
    ? Uint8Array
    : Uint8Array | null;

const openGrant = (vault: Vault, grantId: string, column: SealedColumn, sealed: Uint8Array): string =>
  vault.open(sealed, { table: 'grants', column, row: grantId });

export const openAccessToken = (vault: Vault, grantId: string, sealed: Uint8Array): string =>
  openGrant(vault, grantId, 'access_token_sealed', sealed);

export const openRefreshToken = (vault: Vault, grant: Pick<GrantRow, 'id' | 'refresh_token_sealed'>): string | null =>
  grant.refresh_token_sealed ? openGrant(vault, grant.id, 'refresh_token_sealed', grant.refresh_token_sealed) : null;

/** The credentials of a grant in clear, for as short as possible. */
export interface Credentials {
  accessToken: string;
  refreshToken: string | null;
  extra: Record<string, string>;
}

/** @throws EvergrantError `storage_key_unavailable` when the key does not fit */
export const openCredentials = (
  vault: Vault,
  grant: Pick<GrantRow, 'id' | 'access_token_sealed' | 'refresh_token_sealed' | 'extra_sealed'>,
): Credentials => ({
  accessToken: openAccessToken(vault, grant.id, grant.access_token_sealed),
  refreshToken: openRefreshToken(vault, grant),
  extra: grant.extra_sealed ? openExtra(vault, grant.id, grant.extra_sealed) : {},
});

const openExtra = (vault: Vault, grantId: string, sealed: Uint8Array): Record<string, string> =>
  JSON.parse(openGrant(vault, grantId, 'extra_sealed', sealed)) as Record<string, string>;

/** The secret of an OAuth 1.0a token. */
export const openTokenSecret = (vault: Vault, grantId: string, extraSealed: Uint8Array): string | undefined =>
  tokenSecretOf(openExtra(vault, grantId, extraSealed));

export const openCandidate = (vault: Vault, grant: Pick<GrantRow, 'id' | 'candidate_sealed'>): string | null =>
  grant.candidate_sealed ? openGrant(vault, grant.id, 'candidate_sealed', grant.candidate_sealed) : null;

export const sealExtra = (vault: Vault, grantId: string, extra: Record<string, string>): Uint8Array | null =>
  sealGrant(vault, grantId, 'extra_sealed', Object.keys(extra).length === 0 ? null : JSON.stringify(extra));

/*
 * Reads the connected channels of a Postiz database and writes them as lines for `evergrant import`:
 *
 *   DATABASE_URL=postgres://… node import-from-postiz.ts > postiz.ndjson
 *
 * Postiz keeps the tokens in clear text, in the table "Integration" (its schema.prisma). What cannot be taken along is
 * named on standard error, with the reason.
 */
import pg from 'pg';

interface Integration {
  id: string;
  organizationId: string;
  name: string;
  providerIdentifier: string;
  token: string;
  refreshToken: string | null;
  tokenExpiration: Date | null;
}

type Line = Record<string, unknown>;

/** Where the tokens lie, by the identifier that Postiz gives a platform. */
const readers: Record<string, (row: Integration) => Line | string> = {
  x: ({ token }) => {
    const [access_token, token_secret] = token.split(':');
    return { provider: 'x-oauth1', access_token, token_secret };
  },
  threads: selfRenewing,
  'instagram-standalone': selfRenewing,
  mastodon({ token }) {
    const { MASTODON_CLIENT_ID: client_id, MASTODON_URL: url = 'https://mastodon.social' } = process.env;
    if (!client_id) return 'set MASTODON_CLIENT_ID (and MASTODON_URL) as for Postiz';
    return { provider: 'mastodon', access_token: token, instance: new URL(url).host, client_id };
  },
  facebook: () => 'Postiz has kept the token of the page only; the person must connect once more',
  instagram: () => 'Postiz has kept the token of the page only; the person must connect once more',
  vk: () => 'its tokens are bound to a device; the person must connect once more',
  ...Object.fromEntries(
    ['linkedin', 'youtube', 'tiktok', 'reddit', 'pinterest', 'dribbble', 'discord', 'twitch', 'kick', 'slack'].map(
      (id) => [id, ordinary],
    ),
  ),
};

/** Postiz writes this for tokens of which the platform tells no end: 999,999,999 seconds, more than thirty years. */
const endless = 10 * 365 * 86_400_000;

function ordinary({ providerIdentifier, token, refreshToken, tokenExpiration }: Integration): Line {
  const ends = tokenExpiration !== null && tokenExpiration.getTime() - Date.now() < endless;
  return {
    provider: providerIdentifier,
    access_token: token,
    ...(refreshToken ? { refresh_token: refreshToken } : {}),
    ...(ends ? { expires_at: tokenExpiration.toISOString() } : {}),
  };
}

/** Meta's long-lived tokens renew themselves; Postiz keeps the same token twice. */
function selfRenewing(row: Integration): Line {
  return ordinary({ ...row, refreshToken: null });
}

const client = new pg.Client({ connectionString: process.env['DATABASE_URL'] });
await client.connect();
const { rows } = await client.query<Integration>(`
  select id, "organizationId", name, "providerIdentifier", token, "refreshToken",
         "tokenExpiration" at time zone 'UTC' as "tokenExpiration"
    from "Integration"
   where "deletedAt" is null and type = 'social' and not "inBetweenSteps" and not "refreshNeeded"
   order by id`);
await client.end();

for (const row of rows) {
  const read = readers[row.providerIdentifier]?.(row) ?? 'is not connected by OAuth, or not known to this script';
  if (typeof read === 'string') {
    console.error(`${row.providerIdentifier} "${row.name}" (${row.id}): ${read}`);
  } else {
    console.log(JSON.stringify({ ...read, owner: row.organizationId, metadata: { postiz_id: row.id } }));
  }
}

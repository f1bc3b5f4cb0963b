/*
 * Reads the connections of a self-hosted Nango's database and writes them as lines for `evergrant import`:
 *
 *   DATABASE_URL=postgres://… NANGO_ENCRYPTION_KEY=… NANGO_ENVIRONMENT=prod node import-from-nango.ts > nango.ndjson
 *
 * Nango keeps credentials as JSON in `_nango_connections`, sealed with AES-256-GCM where NANGO_ENCRYPTION_KEY is set (its
 * encryption.manager.ts). What cannot be taken along is named on standard error, with the reason.
 */
import { createDecipheriv } from 'node:crypto';
import pg from 'pg';

interface Row {
  connection_id: string;
  provider: string;
  oauth_client_id: string | null;
  /** In clear, or `{ encrypted_credentials }`. */
  credentials: Record<string, unknown>;
  credentials_iv: string | null;
  credentials_tag: string | null;
  /** The id that the application gave its user. */
  end_user: string | null;
}

interface Credentials {
  type?: string;
  access_token?: string;
  refresh_token?: string;
  expires_at?: string;
  oauth_token?: string;
  oauth_token_secret?: string;
  raw?: { scope?: unknown };
  config_override?: { client_id?: string };
}

/** Nango's names of platforms that have another one here. */
const providers: Record<string, string> = {
  twitter: 'x-oauth1',
  'twitter-v2': 'x',
  instagram: 'instagram-standalone',
  'tiktok-personal': 'tiktok',
  tumblr: 'tumblr-oauth1',
  wordpress: 'wordpress-com',
};

const open = ({ credentials, credentials_iv, credentials_tag }: Row): Credentials => {
  if (credentials_iv === null || credentials_tag === null) return credentials;
  const key = Buffer.from(process.env['NANGO_ENCRYPTION_KEY'] ?? '', 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(credentials_iv, 'base64'));
  decipher.setAuthTag(Buffer.from(credentials_tag, 'base64'));
  const sealed = Buffer.from(String(credentials['encrypted_credentials']), 'base64');
  return JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString()) as Credentials;
};

const tokensOf = (credentials: Credentials): Record<string, unknown> | null => {
  const { type, access_token, refresh_token, expires_at, oauth_token, oauth_token_secret, raw } = credentials;
  if (type === 'OAUTH1') return { access_token: oauth_token, token_secret: oauth_token_secret };
  if (type !== 'OAUTH2') return null;
  const scope = typeof raw?.scope === 'string' ? raw.scope.split(/[\s,]+/).filter(Boolean) : [];
  return {
    access_token,
    ...(refresh_token ? { refresh_token } : {}),
    ...(expires_at ? { expires_at: new Date(expires_at).toISOString() } : {}),
    ...(scope.length > 0 ? { scopes: scope } : {}),
  };
};

const client = new pg.Client({ connectionString: process.env['DATABASE_URL'], options: '-c search_path=nango,public' });
await client.connect();
const { rows } = await client.query<Row>(
  `select c.connection_id, g.provider, g.oauth_client_id, c.credentials, c.credentials_iv, c.credentials_tag,
          u.end_user_id as end_user
     from _nango_connections c
     join _nango_configs g on g.id = c.config_id
     join _nango_environments e on e.id = c.environment_id
     left join end_users u on u.id = c.end_user_id
    where not c.deleted and e.name = $1
    order by c.id`,
  [process.env['NANGO_ENVIRONMENT'] ?? 'prod'],
);
await client.end();

for (const row of rows) {
  const credentials = open(row);
  const tokens = tokensOf(credentials);
  if (tokens === null) {
    console.error(`${row.provider} ${row.connection_id}: ${credentials.type ?? 'this kind'} is none of OAuth`);
    continue;
  }
  const client_id = credentials.config_override?.client_id ?? row.oauth_client_id;
  console.log(
    JSON.stringify({
      provider: providers[row.provider] ?? row.provider,
      owner: row.end_user ?? row.connection_id,
      ...tokens,
      ...(client_id ? { client_id } : {}),
      metadata: { nango_connection_id: row.connection_id },
    }),
  );
}

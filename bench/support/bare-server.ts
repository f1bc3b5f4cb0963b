import { hash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { createVault, parseKeys, toKeyObjects } from '../../packages/evergrant/src/vault/index.ts';

/*
 * What the token read costs without a framework: the key's hash, one row by a prepared statement, one unsealing, JSON.
 * Nothing that a product needs besides is here: no routes, no validation, no problem documents, no security headers.
 */

const { DATABASE = '', ENCRYPTION_KEYS = '', EVERGRANT_API_KEY = '', PORT } = process.env;

const vault = createVault(toKeyObjects(parseKeys(ENCRYPTION_KEYS)));
const known = Buffer.from(hash('sha256', EVERGRANT_API_KEY, 'base64url'));
const statement = new DatabaseSync(DATABASE, { readOnly: true }).prepare(`
  select grants.id, grants.status, grants.access_token_sealed, grants.token_type, grants.scopes_granted,
    grants.expires_at, grants.generation, connections.disabled_at
  from connections join grants on grants.id = connections.grant_id
  where connections.id = ?`);

interface Row {
  id: string;
  status: string;
  access_token_sealed: Uint8Array;
  token_type: string;
  scopes_granted: string;
  expires_at: number;
  generation: number;
  disabled_at: number | null;
}

const isAllowed = ({ headers }: IncomingMessage): boolean =>
  timingSafeEqual(Buffer.from(hash('sha256', headers.authorization?.slice(7) ?? '', 'base64url')), known);

const answer = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
};

const server = createServer((request, response) => {
  if (!isAllowed(request)) return answer(response, 401, {});
  const id = /^\/v1\/connections\/(\w+)\/token$/.exec(request.url ?? '')?.[1] ?? '';
  const row = statement.get(id) as unknown as Row | undefined;
  if (!row) return answer(response, 404, {});
  if (row.disabled_at !== null || row.status !== 'active' || row.expires_at < Date.now() + 60_000) {
    return answer(response, 409, {});
  }
  const place = { table: 'grants', column: 'access_token_sealed', row: row.id };
  return answer(response, 200, {
    access_token: vault.open(row.access_token_sealed, place),
    token_type: row.token_type,
    expires_at: new Date(row.expires_at).toISOString(),
    scopes: JSON.parse(row.scopes_granted) as string[],
    generation: row.generation,
  });
});
server.listen(Number(PORT), '127.0.0.1', () => console.log('The bare server is ready'));
process.once('SIGTERM', () => process.exit(0));

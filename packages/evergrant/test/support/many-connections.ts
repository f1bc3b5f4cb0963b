import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';

/**
 * Makes a SQLite database with very many connections of a few platforms, past the service: nobody renews them, and their
 * tokens cannot be read. One in a hundred must be reconnected, one in two hundred is disabled.
 */
export const makeManyConnections = async (path: string, count: number): Promise<void> => {
  const store = await openStore({ kind: 'sqlite', path }, { clock: systemClock });
  await store.close();
  const database = new DatabaseSync(path);
  const now = Date.now();
  // 13 digits of a time, as ids have them, sort by it.
  const id = (prefix: string) => `'${prefix}_' || printf('%032x', n)`;
  const provider = `case n % 4 when 0 then 'acme' when 1 then 'beta' when 2 then 'gamma' else 'delta' end`;
  const owner = `'user_' || (n % ${Math.ceil(count / 20)})`;
  const rows = `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count})`;
  database.exec('begin');
  database.exec(`insert into grants (id, provider, client_id, owner, status, reason, access_token_sealed, token_type,
      scopes_requested, scopes_granted, issued_at, expires_at, lifetime, consented_at, generation, consent, fail_count,
      created_at, updated_at)
    ${rows} select ${id('grant')}, ${provider}, 'client', ${owner},
      iif(n % 100 = 0, 'reauth_required', 'active'), iif(n % 100 = 0, 'revoked', null), x'00', 'bearer', '[]',
      '["read","write"]', ${now}, ${now} + 3600000 + n * 100, 3600000, ${now}, 1, 1, 0, ${now}, ${now} from numbers`);
  database.exec(`insert into schedule (grant_id, provider, client_id, owner, urgency, due_at, fence)
    ${rows} select ${id('grant')}, ${provider}, 'client', ${owner}, 2,
      iif(n % 100 = 0, null, ${now} + 3000000 + n * 100), 0 from numbers`);
  database.exec(`insert into connections (id, grant_id, provider, owner, account_id, account_type, name, username,
      scopes_missing, metadata, disabled_at, created_at, updated_at)
    ${rows} select ${id('conn')}, ${id('grant')}, ${provider}, ${owner}, 'account_' || n, 'profile',
      'Person Number ' || n, 'person' || n, '[]', '{}', iif(n % 200 = 1, ${now}, null), ${now}, ${now} from numbers`);
  database.exec('commit');
  database.exec('analyze');
  database.close();
};

import type { ListFilter } from '../connections/connections.ts';
import type { Connection } from '../connections/view.ts';
import type { Evergrant } from '../evergrant.ts';
import type { Arguments } from './arguments.ts';
import { openInstallation } from './open.ts';
import { type Output, table } from './output.ts';

/** `evergrant connections`: every connection, newest first. */
export const listConnections = async (args: Arguments, output: Output): Promise<number> => {
  const evergrant = await openInstallation(args);
  try {
    const { owner, provider, status } = args.options;
    const all = await allOf(evergrant, { owner, provider, status: status as ListFilter['status'] });
    output.out(args.options.json ? JSON.stringify(all) : all.length === 0 ? 'No connections yet' : tableOf(all));
    return 0;
  } finally {
    await evergrant.close();
  }
};

const allOf = async (evergrant: Evergrant, filter: ListFilter): Promise<Connection[]> => {
  const all: Connection[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await evergrant.listConnections({ ...filter, limit: 200, cursor });
    all.push(...page.data);
    if (page.nextCursor === null) return all;
    cursor = page.nextCursor;
  }
};

const tableOf = (all: Connection[]): string =>
  table([
    ['ID', 'PROVIDER', 'OWNER', 'ACCOUNT', 'STATUS', 'TOKEN UNTIL', 'NEXT RENEWAL'],
    ...all.map(({ id, provider, owner, account, status, reason, token }) => [
      id,
      provider,
      owner,
      account.name ?? account.username ?? account.id,
      reason ? `${status} (${reason})` : status,
      token.expiresAt ?? 'no end',
      token.nextRefreshAt ?? '-',
    ]),
  ]);

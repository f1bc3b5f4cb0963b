import type { ListFilter } from '../connections/connections.ts';
import type { Connection } from '../connections/view.ts';
import type { Evergrant } from '../evergrant.ts';
import { connectionBody, connectionStatuses } from '../http/schemas.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { openInstallation } from './open.ts';
import { type Output, table } from './output.ts';

/** `evergrant connections`: every connection, newest first. */
export const listConnections = async (args: Arguments, output: Output): Promise<number> => {
  const { owner, provider } = args.options;
  const status = statusOf(args.options.status);
  const evergrant = await openInstallation(args);
  try {
    const all = await allOf(evergrant, { owner, provider, status });
    output.out(
      args.options.json
        ? JSON.stringify(all.map(connectionBody))
        : all.length === 0
          ? 'No connections yet'
          : tableOf(all),
    );
    return 0;
  } finally {
    await evergrant.close();
  }
};

const statusOf = (text: string | undefined): ListFilter['status'] => {
  const status = connectionStatuses.find((known) => known === text);
  if (text === undefined || status) return status;
  throw new UsageError(`There is no status "${text}". There are: ${connectionStatuses.join(', ')}`);
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

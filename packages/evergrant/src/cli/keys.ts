import type { Evergrant } from '../evergrant.ts';
import { keyBody } from '../http/api/keys.ts';
import { type ApiKey, type Permission, permissions } from '../http/keyring.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { commandAudit } from './audit.ts';
import { openInstallation } from './open.ts';
import { type Output, table } from './output.ts';

const usage = `evergrant keys list
evergrant keys create NAME --permissions LIST [--owner O]
evergrant keys revoke ID

Permissions: ${permissions.join(', ')}`;

/** `evergrant keys list | create | revoke`: API keys, without the API. */
export const manageKeys = async (args: Arguments, output: Output): Promise<number> => {
  const [action = 'list', subject] = args.positionals;
  const work = { list, create, revoke }[action];
  if (!work || (action !== 'list' && !subject)) throw new UsageError(usage);
  const permitted = permissionsOf(args.options.permissions);
  if (action === 'create' && permitted.length === 0) throw new UsageError(usage);
  const evergrant = await openInstallation(args);
  try {
    await work(evergrant, { subject: subject!, permitted, owner: args.options.owner, json: args.options.json }, output);
    return 0;
  } finally {
    await evergrant.close();
  }
};

interface Input {
  subject: string;
  permitted: Permission[];
  owner: string | undefined;
  json: boolean;
}

type Work = (evergrant: Evergrant, input: Input, output: Output) => Promise<void>;

const list: Work = async ({ keys }, { json }, output) => {
  const all: ApiKey[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await keys.list({ limit: 200, cursor });
    all.push(...page.data);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  output.out(
    json ? JSON.stringify(all.map(keyBody)) : all.length === 0 ? 'No keys but the configured one' : tableOf(all),
  );
};

const create: Work = async ({ keys }, { subject, permitted, owner, json }, output) => {
  const { key, ...made } = await keys.create({ name: subject, permissions: permitted, ...(owner ? { owner } : {}) });
  commandAudit()('key.create', made.id, { owner });
  output.out(
    json ? JSON.stringify({ ...keyBody(made), key: key.reveal() }) : `${key.reveal()}   (shown this once; ${made.id})`,
  );
};

const revoke: Work = async ({ keys }, { subject, json }, output) => {
  await keys.revoke(subject);
  commandAudit()('key.revoke', subject);
  output.out(json ? JSON.stringify({ id: subject, revoked: true }) : `${subject} is revoked`);
};

const permissionsOf = (names: string[] = []): Permission[] =>
  names.map((name) => {
    const permission = permissions.find((known) => known === name);
    if (permission) return permission;
    throw new UsageError(`There is no permission "${name}". There are: ${permissions.join(', ')}`);
  });

const tableOf = (all: ApiKey[]): string =>
  table([
    ['ID', 'NAME', 'PERMISSIONS', 'OWNER', 'MADE', 'LAST USED'],
    ...all.map((key) => [
      key.id,
      key.name,
      key.permissions.join(','),
      key.owner ?? '-',
      key.createdAt,
      key.lastUsedAt ?? 'never',
    ]),
  ]);

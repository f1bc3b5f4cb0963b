import { randomBytes } from 'node:crypto';
import type { Evergrant } from '../evergrant.ts';
import { isKeyId, keyBytes } from '../settings/encryption-keys.ts';
import { builtinKeyProviders } from '../settings/key-provider.ts';
import { keyProvider } from '../vault/index.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { openInstallation, readSettings } from './open.ts';
import { type Output, table } from './output.ts';

const usage = `evergrant vault status        how many stored values each encryption key has sealed
evergrant vault rotate        seal everything anew with the first key; the service may go on meanwhile
evergrant vault new-key ID    print a new key for ENCRYPTION_KEYS (--wrap PROVIDER:MASTER, e.g. aws-kms:alias/evergrant)`;

/** `evergrant vault status | rotate | new-key`: the keys under which secrets are stored. */
export const manageVault = async (args: Arguments, output: Output): Promise<number> => {
  if (args.positionals[0] === 'new-key') return newKey(args, output);
  const work = { status, rotate }[args.positionals[0] ?? ''];
  if (!work) throw new UsageError(usage);
  const evergrant = await openInstallation(args);
  try {
    await work(evergrant, args.options.json, output);
    return 0;
  } finally {
    await evergrant.close();
  }
};

/** Prints an entry of `ENCRYPTION_KEYS`. It needs no installation: the first one is made before there is any. */
const newKey = async (args: Arguments, output: Output): Promise<number> => {
  const [, id = ''] = args.positionals;
  if (!isKeyId(id)) throw new UsageError(usage);
  const material = args.options.wrap === undefined ? randomBytes(keyBytes).toString('base64') : await wrapped(args, id);
  const entry = `${id}:${material}`;
  output.out(args.options.json ? JSON.stringify({ id, entry }) : entry);
  return 0;
};

const wrapped = async (args: Arguments, id: string): Promise<string> => {
  const [, name = '', master = ''] = /^([^:]+):(.+)$/s.exec(args.options.wrap ?? '') ?? [];
  if (master === '') throw new UsageError(usage);
  const isBuiltin = (builtinKeyProviders as readonly string[]).includes(name);
  // Settings that lack their encryption key cannot be read yet.
  const configured = isBuiltin ? {} : (await readSettings(args)).settings.keyProviders;
  return `${name}:${await keyProvider(name, configured).create(id, master)}`;
};

const status = async ({ vault }: Evergrant, json: boolean, output: Output): Promise<void> => {
  const use = await vault.keyUse();
  output.out(
    json
      ? JSON.stringify({ primary: vault.primaryKeyId, use })
      : table([
          ['KEY', 'VALUES', ''],
          ...Object.entries(use).map(([id, count]) => [id, String(count), id === vault.primaryKeyId ? 'seals' : '']),
        ]),
  );
};

const rotate = async ({ vault }: Evergrant, json: boolean, output: Output): Promise<void> => {
  let shown = -1;
  const progress = await vault.rotate(({ done, total, resealed }) => {
    const percent = total === 0 ? 100 : Math.floor((done * 100) / total);
    if (json || percent === shown) return;
    shown = percent;
    output.err(`${percent} %: ${done} of ${total} rows, ${resealed} values sealed anew`);
  });
  // A server that still has an old key in front may have sealed with it meanwhile.
  const others = Object.entries(await vault.keyUse()).filter(([id, count]) => id !== vault.primaryKeyId && count > 0);
  if (json) {
    output.out(JSON.stringify({ ...progress, primary: vault.primaryKeyId, remaining: Object.fromEntries(others) }));
    return;
  }
  output.out(`${progress.resealed} values were sealed anew with key "${vault.primaryKeyId}"`);
  output.out(
    others.length === 0
      ? 'No other key is needed any more: take the others out of ENCRYPTION_KEYS and restart'
      : `Still sealed with other keys: ${others.map(([id, count]) => `${count} with "${id}"`).join(', ')}. Restart every server with "${vault.primaryKeyId}" in front, then run this again`,
  );
};

import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { EvergrantError } from '../errors/index.ts';

const grantSchema = z.object({
  id: z.string(),
  platform: z.string(),
  person: z.string(),
  subject: z.string(),
  requested: z.array(z.string()),
  scopes: z.array(z.string()),
  /** Ids of the accounts that the person did not hand over, as the fixture names them. */
  withheld: z.array(z.string()),
  createdAt: z.number(),
  renewedAt: z.number(),
  /** Number of the last token made. */
  issued: z.number(),
  renewals: z.number(),
  upgraded: z.boolean(),
  /** Refresh tokens that are unused, or used and perhaps still within the grace window. */
  refreshTokens: z.array(z.object({ number: z.number(), usedAt: z.number().nullable() })),
  revokedAccessTokens: z.array(z.number()),
  /** The client and the proof key (by thumbprint) without which its tokens are worth nothing (RFC 9449). */
  bound: z.object({ clientId: z.string(), key: z.string() }).optional(),
  /** Tokens up to these numbers ran out before their time. */
  expiredUpTo: z.object({ access: z.number(), refresh: z.number() }).default({ access: 0, refresh: 0 }),
});

/** What one consent gave the application, as the platform remembers it. A revoked grant is forgotten. */
export type Grant = z.infer<typeof grantSchema>;

const snapshotSchema = z.object({ version: z.literal(1), key: z.string(), grants: z.array(grantSchema) });

/** The platforms' memory. */
export interface State {
  /** Signs tokens. */
  readonly key: Buffer;
  readonly grants: Map<string, Grant>;
  /** Writes the snapshot. To be called before a change is answered, or a crash would contradict the answer. */
  save(): void;
}

/**
 * Opens the memory; with a file, from its snapshot.
 * @throws EvergrantError `storage_unavailable` when the file exists but cannot be read
 */
export const openState = (file: string | undefined): State => {
  const snapshot = file === undefined ? null : readSnapshot(file);
  const key = snapshot ? Buffer.from(snapshot.key, 'base64') : randomBytes(32);
  const grants = new Map(snapshot?.grants.map((grant) => [grant.id, grant]));
  const save = () => {
    if (file !== undefined)
      replaceFile(file, { version: 1, key: key.toString('base64'), grants: [...grants.values()] });
  };
  return { key, grants, save };
};

const readSnapshot = (file: string): z.infer<typeof snapshotSchema> | null => {
  try {
    return snapshotSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    // Under a file there is no folder (ENOTDIR); that the data cannot be kept there is the database's to say.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw new EvergrantError('storage_unavailable', {
      detail: `The state of the sandbox in ${file} cannot be read. Delete the file to start anew.`,
    });
  }
};

/** Another process never sees half a file. Synchronous, so that two changes cannot overtake each other. */
const replaceFile = (file: string, snapshot: z.infer<typeof snapshotSchema>): void => {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(snapshot), { mode: 0o600 });
  renameSync(temporary, file);
};

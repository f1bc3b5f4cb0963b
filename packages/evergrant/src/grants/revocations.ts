import { isEvergrantError } from '../errors/index.ts';
import type { App } from '../protocols/types.ts';
import { type GrantRow, grants, type Queryable, type RevocationRow, revocations } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import type { Context } from './context.ts';
import type { Credentials } from './credentials.ts';
import { productsOf } from './siblings.ts';

/** Who consented, to which app: the unit that some platforms revoke. */
export interface Person {
  provider: string;
  clientId: string;
  instance: string | null;
  /** Null: the platform never said who it was. */
  subject: string | null;
}

export const personOf = (grant: Pick<GrantRow, 'provider' | 'client_id' | 'instance' | 'subject'>): Person => ({
  provider: grant.provider,
  clientId: grant.client_id,
  instance: grant.instance,
  subject: grant.subject,
});

const minute = 60_000;
const giveUpAfter = 7 * 24 * 60 * minute;

/**
 * Writes down that tokens must be revoked at the platform, in the transaction that removes the grant.
 *
 * Where a revocation ends everything of a person and app, nothing is revoked while any connection of theirs lives,
 * whoever owns it; and an unknown person might have one.
 *
 * @returns the id of the revocation; null when nothing is to be revoked
 */
export const queueRevocation = async (
  context: Context,
  tx: Queryable,
  person: Person,
  credentials: { accessToken: string; refreshToken: string | null; extra: Record<string, string> },
): Promise<string | null> => {
  const app = appOf(context, person);
  if (!app || !(await mayRevoke(context, tx, app, person))) return null;
  const id = newId('rev');
  const { accessToken, refreshToken, extra } = credentials;
  const now = context.clock.now();
  await revocations.insert(tx, {
    id,
    provider: person.provider,
    client_id: person.clientId,
    instance: person.instance,
    credentials_sealed: context.vault.seal(JSON.stringify({ accessToken, refreshToken, extra }), place(id)),
    attempts: 0,
    next_at: now,
    created_at: now,
  });
  return id;
};

const place = (id: string) => ({ table: 'revocations', column: 'credentials_sealed', row: id });

/** What the end of a grant would do at the platform. */
export type AtPlatform =
  /** Its tokens are revoked there. */
  | 'revoked'
  /** Nothing: a revocation there would end other connections of the person, or might. */
  | 'kept_for_others'
  /** Nothing: the platform has no revocation, or the app is no longer configured. */
  | 'not_possible';

/** What {@link queueRevocation} would do when a grant is removed, while it is still there. */
export const atPlatform = async (context: Context, db: Queryable, grant: GrantRow): Promise<AtPlatform> => {
  const person = personOf(grant);
  const app = appOf(context, person);
  if (!app || isIrrevocable(app)) return 'not_possible';
  return (await mayRevoke(context, db, app, person, grant.id)) ? 'revoked' : 'kept_for_others';
};

const isIrrevocable = ({ definition: { protocol } }: App): boolean =>
  protocol.kind === 'oauth2' && protocol.revocation === 'none';

const mayRevoke = async (
  context: Context,
  tx: Queryable,
  app: App,
  person: Person,
  except?: string,
): Promise<boolean> => {
  if (isIrrevocable(app)) return false;
  if (app.definition.revocationEnds === 'token') return true;
  if (person.subject === null) return false;
  // Undeclared, it is not known to reach further than the provider itself.
  const providers = app.definition.revocationEnds === 'person' ? productsOf(context, app) : [app.provider];
  const { clientId, subject } = person;
  return !(await grants.personHasConnections(tx, { providers, clientId, subject }, except));
};

const appOf = (context: Context, person: Person): App | null => {
  try {
    return context.apps.ofGrant({ provider: person.provider, client_id: person.clientId, instance: person.instance });
  } catch (error) {
    if (isEvergrantError(error, 'provider_not_configured', 'provider_unknown')) return null;
    throw error;
  }
};

/**
 * Tries a revocation once (RFC 7009); a failure puts it off.
 *
 * @returns whether the platform has confirmed it, or there is nothing left to try
 */
export const tryRevocation = async (context: Context, id: string): Promise<boolean> => {
  const row = await revocations.byId(context.store.db, id);
  if (!row) return true;
  const now = context.clock.now();
  if (!(await revocations.take(context.store.db, row, now + pause(row.attempts)))) return false;
  const app = appOf(context, {
    provider: row.provider,
    clientId: row.client_id,
    instance: row.instance,
    subject: null,
  });
  if (!app || row.created_at + giveUpAfter < now) {
    context.logger.warn({ provider: row.provider, revocation: id }, 'a revocation was given up');
    await revocations.remove(context.store.db, id);
    return true;
  }
  try {
    await context.apps.protocol(app).revoke(app, openRevocation(context, row));
  } catch (error) {
    const code = isEvergrantError(error) ? error.code : 'internal';
    context.logger.warn(
      { provider: row.provider, revocation: id, error_code: code },
      'the platform did not confirm a revocation',
    );
    return false;
  }
  await revocations.remove(context.store.db, id);
  return true;
};

const openRevocation = (context: Context, row: RevocationRow): Credentials =>
  JSON.parse(context.vault.open(row.credentials_sealed, place(row.id))) as Credentials;

/** Half a minute, doubling up to six hours. */
const pause = (attempts: number): number => Math.min(6 * 60 * minute, (minute / 2) * 2 ** attempts);

/** Tries every revocation that is due. */
export const tryDueRevocations = async (context: Context): Promise<void> => {
  for (const row of await revocations.due(context.store.db, context.clock.now(), 20)) {
    await tryRevocation(context, row.id);
  }
};

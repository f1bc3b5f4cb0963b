import { sql } from 'kysely';
import { isPostgres, type Queryable, textsOf } from './dialect.ts';
import { changeEach } from './each.ts';
import type { GateKey } from './gates.ts';
import { prepared } from './prepared.ts';
import type { Changes, New, ScheduleRow, ScheduleTable } from './schema.ts';

/** From "lost for good within a day" to "the rest". */
export const urgencies = [0, 1, 2] as const;

export const insert = async (db: Queryable, row: New<ScheduleTable>): Promise<void> => {
  await db.insertInto('schedule').values(row).execute();
};

const selecting = (lock: boolean) =>
  prepared((db, { grantId }: { grantId: string }) =>
    db
      .selectFrom('schedule')
      .selectAll()
      .where('grant_id', '=', grantId)
      .$if(lock && isPostgres(db), (query) => query.forUpdate()),
  );

const select = { reading: selecting(false), locking: selecting(true) };

/** @param lock whether the row is about to be changed by what is read */
export const byGrant = async (db: Queryable, grantId: string, lock = false): Promise<ScheduleRow | undefined> =>
  (await (lock ? select.locking : select.reading)(db, { grantId })).rows[0];

const selectLocked = prepared((db, { grantIds }: { grantIds: string }) =>
  db
    .selectFrom('schedule')
    .selectAll()
    .where('grant_id', 'in', textsOf(db, grantIds))
    .orderBy('grant_id')
    .$if(isPostgres(db), (query) => query.forUpdate()),
);

/** Rows that are about to be changed by what is read. */
export const lockedByGrants = async (db: Queryable, grantIds: string[]): Promise<ScheduleRow[]> =>
  (await selectLocked(db, { grantIds: JSON.stringify(grantIds) })).rows;

const selectFences = prepared((db, { grantIds }: { grantIds: string }) =>
  db.selectFrom('schedule').select(['grant_id', 'fence']).where('grant_id', 'in', textsOf(db, grantIds)),
);

/** The fences of grants, by grant. */
export const fences = async (db: Queryable, grantIds: string[]): Promise<Map<string, number>> => {
  const { rows } = await selectFences(db, { grantIds: JSON.stringify(grantIds) });
  return new Map(rows.map(({ grant_id, fence }) => [grant_id, fence]));
};

/** Changes of one row. */
export type ScheduleChanges = Changes<ScheduleTable> & { grant_id: string };

const updateOne = prepared((db, { grant_id, ...changes }: ScheduleChanges) =>
  db.updateTable('schedule').set(changes).where('grant_id', '=', grant_id),
);

export const update = async (db: Queryable, grantId: string, changes: Changes<ScheduleTable>): Promise<void> => {
  await updateOne(db, { ...changes, grant_id: grantId });
};

export const updateEach = (db: Queryable, rows: ScheduleChanges[]): Promise<void> =>
  changeEach(db, rows, { table: 'schedule', key: 'grant_id', one: updateOne });

/** Puts off a grant that is due; one that was renewed in the meantime keeps its time. */
export const putOff = async (db: Queryable, grantId: string, until: number | null, now: number): Promise<void> => {
  await db
    .updateTable('schedule')
    .set({ due_at: until })
    .where('grant_id', '=', grantId)
    .where('due_at', '<=', now)
    .execute();
};

/**
 * Takes a grant that is being removed out of the schedule. While it is leased its request may be under way, which still
 * counts among those that its app is sent at a time: then the row stays, due never, until the request or the lease ends.
 * Its fence moves on, so that what is not sent yet never is.
 */
export const retire = async (db: Queryable, grantId: string): Promise<void> => {
  await db.deleteFrom('schedule').where('grant_id', '=', grantId).where('lease_until', 'is', null).execute();
  await db
    .updateTable('schedule')
    .set((e) => ({ due_at: null, fence: e('fence', '+', 1) }))
    .where('grant_id', '=', grantId)
    .execute();
};

/** Gives back the lease of a grant that is gone, when the request ended for which it was kept. */
export const release = async (db: Queryable, grantId: string, markId: string): Promise<void> => {
  await db.deleteFrom('schedule').where('grant_id', '=', grantId).where('mark_id', '=', markId).execute();
};

const selectDue = prepared((db, at: GateKey & { urgency: number; now: number; limit: number }) =>
  db
    .selectFrom('schedule')
    .selectAll()
    .where('provider', '=', at.provider)
    .where('client_id', '=', at.clientId)
    .where('urgency', '=', at.urgency)
    .where('due_at', '<=', at.now)
    .orderBy('due_at')
    .limit(at.limit)
    .$if(isPostgres(db), (query) => query.forUpdate().skipLocked()),
);

/**
 * Grants of one app that are due, the longest overdue of each urgency first. Leased rows are not among them: a lease
 * pushes `due_at` to its end. On PostgreSQL rows that another node just claims are passed over, and these are locked.
 *
 * @param order in which urgencies are gone through
 */
export const candidates = async (
  db: Queryable,
  app: GateKey,
  now: number,
  limit: number,
  order: readonly number[] = urgencies,
): Promise<ScheduleRow[]> => {
  const found: ScheduleRow[] = [];
  for (const urgency of order) {
    if (found.length >= limit) break;
    found.push(...(await selectDue(db, { ...app, urgency, now, limit: limit - found.length })).rows);
  }
  return found;
};

/** The earliest of each urgency: that is where the index begins. */
const selectEarliest = prepared((db, { provider, clientId }: GateKey) => {
  const [first, second, third] = urgencies.map((urgency) =>
    db
      .selectFrom('schedule')
      .select((e) => [e.lit(urgency).as('urgency'), e.fn.min('due_at').as('due_at')])
      .where('provider', '=', provider)
      .where('client_id', '=', clientId)
      .where('urgency', '=', urgency)
      .where('due_at', 'is not', null),
  );
  return first!.unionAll(second!).unionAll(third!);
});

/** When the next grant of an app is due; null when nothing ever is. */
export const nextDue = async (db: Queryable, app: GateKey): Promise<number | null> => {
  const times = (await selectEarliest(db, app)).rows.flatMap(({ due_at }) => due_at ?? []);
  return times.length === 0 ? null : Math.min(...times);
};

/** Of which urgencies an app has grants that are due, the most urgent first. */
export const dueUrgencies = async (db: Queryable, app: GateKey, now: number): Promise<number[]> => {
  const { rows } = await selectEarliest(db, app);
  return rows
    .filter(({ due_at }) => due_at !== null && due_at <= now)
    .map(({ urgency }) => urgency)
    .sort((one, other) => one - other);
};

/** With which apps the grants were made that are due by then, at providers that have one at each instance. */
export const duePerInstance = (db: Queryable, providers: readonly string[], by: number) =>
  db
    .selectFrom('schedule')
    .innerJoin('grants', 'grants.id', 'schedule.grant_id')
    .select(['grants.provider', 'grants.client_id', 'grants.instance'])
    .distinct()
    .where('schedule.provider', 'in', providers)
    .where('schedule.due_at', '<=', by)
    .execute();

const countLeased = prepared((db, { provider, clientId, now }: GateKey & { now: number }) =>
  db
    .selectFrom('schedule')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('lease_until', '>', now)
    .where('provider', '=', provider)
    .where('client_id', '=', clientId),
);

/** How many grants of an app are leased, over all nodes: the lease is what is counted, so a crash leaks none. */
export const inFlight = async (db: Queryable, app: GateKey, now: number): Promise<number> =>
  Number((await countLeased(db, { ...app, now })).rows[0]?.count ?? 0);

const countReserved = prepared((db, { provider, clientId, now }: GateKey & { now: number }) =>
  db
    .selectFrom('schedule')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('lease_until', '>', now)
    .where('mark_id', 'is', null)
    .where('provider', '=', provider)
    .where('client_id', '=', clientId),
);

/**
 * How many grants of an app are leased and not yet taken over by whoever sends. Those with an older attempt in doubt
 * cannot be told from requests under way, and are left out.
 */
export const reserved = async (db: Queryable, app: GateKey, now: number): Promise<number> =>
  Number((await countReserved(db, { ...app, now })).rows[0]?.count ?? 0);

/** Grants that are leased under a name. */
export const leasedBy = (db: Queryable, owner: string, now: number): Promise<ScheduleRow[]> =>
  db
    .selectFrom('schedule')
    .selectAll()
    .where('lease_until', '>', now)
    .where('lease_owner', '=', owner)
    .orderBy('grant_id')
    .execute();

/*
 * A statement that changes many rows locks them in an order of its own, and would deadlock with the commits of renewals.
 * On PostgreSQL it passes over rows that are being changed just now; their next time is soon enough.
 */

/** Raises to the front what would be lost for good before `before`. */
export const raiseUrgency = async (db: Queryable, before: number): Promise<void> => {
  await db
    .updateTable('schedule')
    .set({ urgency: 0 })
    .where('grant_id', 'in', (from) =>
      from
        .selectFrom('schedule')
        .select('grant_id')
        .where('deadline_at', '<=', before)
        .where('due_at', 'is not', null)
        .where('urgency', '>', 0)
        .$if(isPostgres(db), (query) => query.forUpdate().skipLocked()),
    )
    .execute();
};

/** Ends the pauses after failures of an app, but for those of attempts of unknown outcome, and of what is switched off. */
export const retryNow = async (db: Queryable, { provider, clientId }: GateKey, now: number): Promise<void> => {
  await db
    .updateTable('schedule')
    .set({ retry_at: null, due_at: now })
    .where('grant_id', 'in', (from) =>
      from
        .selectFrom('schedule')
        .select('grant_id')
        .where('provider', '=', provider)
        .where('client_id', '=', clientId)
        .where('retry_at', '>', now)
        .where('due_at', 'is not', null)
        .where('mark_id', 'is', null)
        .$if(isPostgres(db), (query) => query.forUpdate().skipLocked()),
    )
    .execute();
};

/** Notes when tokens were read last. */
export const noteUse = async (db: Queryable, grantIds: string[], at: number): Promise<void> => {
  await db
    .updateTable('schedule')
    .set({ last_used_at: at, urgency: sql<number>`case when urgency > 1 then 1 else urgency end` })
    .where('grant_id', 'in', (from) =>
      from
        .selectFrom('schedule')
        .select('grant_id')
        .where('grant_id', 'in', grantIds)
        .$if(isPostgres(db), (query) => query.forUpdate().skipLocked()),
    )
    .execute();
};

/**
 * Makes what lies in the future due now: grants whose tokens were issued after now, and leases that end later than any
 * does. A mark stays, as of now.
 */
export const bringBack = async (
  db: Queryable,
  now: number,
  { issuedAfter, leasedUntil }: { issuedAfter: number; leasedUntil: number },
): Promise<void> => {
  await db
    .updateTable('schedule')
    .set({
      due_at: now,
      retry_at: null,
      lease_owner: null,
      lease_until: null,
      mark_at: sql<number | null>`case when mark_at > ${now} then ${now} else mark_at end`,
    })
    .where('grant_id', 'in', (from) =>
      from
        .selectFrom('schedule')
        .leftJoin('grants', 'grants.id', 'schedule.grant_id')
        .select('schedule.grant_id')
        .where('schedule.due_at', 'is not', null)
        .where((e) => e.or([e('grants.issued_at', '>', issuedAfter), e('schedule.lease_until', '>', leasedUntil)]))
        .$if(isPostgres(db), (query) => query.forUpdate('schedule').skipLocked()),
    )
    .execute();
};

/** Removes leases of grants that are gone, whose process never said what became of the request. */
export const removeLapsed = async (db: Queryable, now: number): Promise<void> => {
  await db
    .deleteFrom('schedule')
    .where('grant_id', 'in', (from) =>
      from
        .selectFrom('schedule')
        .select('grant_id')
        .where('lease_until', '<=', now)
        .where((e) =>
          e.not(e.exists(e.selectFrom('grants').select('id').whereRef('grants.id', '=', 'schedule.grant_id'))),
        )
        .$if(isPostgres(db), (query) => query.forUpdate().skipLocked()),
    )
    .execute();
};

const selectBacklog = prepared((db, { provider, clientId, now }: GateKey & { now: number }) => {
  const [first, second, third] = urgencies.map((urgency) =>
    db
      .selectFrom('schedule')
      .select((e) => [e.fn.countAll<number>().as('due'), e.fn.min('due_at').as('oldest')])
      .where('provider', '=', provider)
      .where('client_id', '=', clientId)
      .where('urgency', '=', urgency)
      .where('due_at', '<=', now),
  );
  return first!.unionAll(second!).unionAll(third!);
});

/** How many grants of these apps are due, and since when the oldest is. Reads what is due, not what there is. */
export const backlog = async (
  db: Queryable,
  apps: GateKey[],
  now: number,
): Promise<{ due: number; oldest: number | null }> => {
  const rows = [];
  for (const app of apps) rows.push(...(await selectBacklog(db, { ...app, now })).rows);
  const times = rows.flatMap(({ oldest }) => (oldest === null ? [] : Number(oldest)));
  return {
    due: rows.reduce((sum, { due }) => sum + Number(due), 0),
    oldest: times.length === 0 ? null : Math.min(...times),
  };
};

import { grants, journal, schedule } from '../../store/index.ts';
import type { Account, World } from './world.test-support.ts';

/*
 * The safety invariants of the design, checked from outside: what the database holds against what the platform, which
 * keeps the true chain of tokens, would accept.
 */

/** Remembers what may never decrease. */
export const createWitness = () => {
  const seen = new Map<string, { generation: number; fence: number }>();
  return (grantId: string, now: { generation: number; fence: number }): boolean => {
    const before = seen.get(grantId);
    seen.set(grantId, now);
    return before !== undefined && (now.generation < before.generation || now.fence < before.fence);
  };
};

/** Names every invariant that does not hold now. The world must be at rest. */
export const checkSafety = async (world: World, decreased: ReturnType<typeof createWitness>): Promise<string[]> => {
  const { scenario } = world;
  const found = world.violations.splice(0);
  if (scenario.concurrency !== undefined && world.inFlight() > scenario.concurrency) {
    found.push(`I9: ${world.inFlight()} requests at a time, allowed are ${scenario.concurrency}`);
  }
  for (const account of world.accounts) found.push(...(await checkAccount(world, account, decreased)));
  return found;
};

const checkAccount = async (
  world: World,
  account: Account,
  decreased: ReturnType<typeof createWitness>,
): Promise<string[]> => {
  const grant = await grants.byId(world.store.db, account.grantId);
  const row = await schedule.byGrant(world.store.db, account.grantId);
  if (!grant || !row) return account.deleted ? [] : ['a grant vanished'];
  const found: string[] = [];
  if (decreased(account.grantId, { generation: grant.generation, fence: row.fence }))
    found.push('I5: it went backwards');

  const durable = await world.durableTokens(account);
  const accepted = durable.some((token) => world.platform.accepts(token));
  const underWay = [...world.wires(true), ...world.wires(false)].some((wire) => wire.account === account);
  if (grant.status === 'reauth_required' && !account.ghost) {
    found.push(`I4: ended (${grant.reason}) although no answer was lost`);
  }
  if (grant.status === 'active' && row.due_at === null) found.push('L1: an active grant is never due again');
  const resolved = row.mark_id === null && row.lease_until === null && row.doubt_since === null;
  if (grant.status === 'active' && resolved && !underWay && !accepted) {
    found.push('I6: at rest, unmarked, and the platform accepts nothing that is stored');
  }
  if (row.mark_hash !== null && durable.includes(row.mark_hash)) {
    found.push('I10: the mark holds the token');
  }
  return found;
};

/** Once faults have ceased and time has passed: nothing is left over, and what was lost are the ghosts. */
export const checkEnd = async (world: World): Promise<string[]> => {
  const found: string[] = [];
  if ((await journal.unfinishedRenewals(world.store.db, Number.MAX_SAFE_INTEGER)).length > 0) {
    found.push('I3: an answer was left in the journal');
  }
  for (const { grantId } of world.accounts.filter(({ deleted }) => deleted)) {
    if (await schedule.byGrant(world.store.db, grantId)) found.push('I9: a lease outlived its grant and its request');
  }
  for (const account of world.accounts.filter(({ deleted }) => !deleted)) {
    const grant = (await grants.byId(world.store.db, account.grantId))!;
    const row = (await schedule.byGrant(world.store.db, account.grantId))!;
    const accepted = (await world.durableTokens(account)).some((token) => world.platform.accepts(token));
    if (grant.status === 'active' && row.mark_id !== null) found.push('L2: a mark was never resolved');
    if (grant.status === 'active' && (grant.expires_at ?? 0) <= world.clock.now()) found.push('L3: a token ran out');
    if (grant.status === 'active' && !accepted) found.push('a token is stored that the platform refuses');
    if (grant.status === 'reauth_required' && !account.ghost) found.push('I4: lost although no answer was lost');
    if (grant.status === 'reauth_required' && grant.reason !== 'lost_rotation') {
      found.push(`a lost rotation is called ${grant.reason}`);
    }
  }
  return found;
};

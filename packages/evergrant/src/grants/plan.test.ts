import { describe, expect, it } from 'vitest';
import type { ProviderDefinition, Refresh } from '../providers/define.ts';
import { fixedEnd, type GrantFacts, nextWarning, planFor, urgencyOf } from './plan.ts';
import { day, hour, renewingByAccessToken, strict } from './scene.test-support.ts';
import { appOf, definitionOf } from './test-support.ts';
import { usableUntil } from './timing.ts';

const now = Date.UTC(2026, 10, 26);

const appWith = (refresh: Refresh = {}, changes: Partial<ProviderDefinition> = {}) =>
  appOf({ ...definitionOf(strict, refresh), ...changes });

const selfRefreshing = { protocol: renewingByAccessToken };

const factsOf = (changes: Partial<GrantFacts> & { life?: number | null } = {}): GrantFacts => {
  const { life = hour, ...facts } = changes;
  return {
    id: 'grant_1',
    generation: 1,
    hasRefreshToken: true,
    issuedAt: now,
    expiresAt: usableUntil(now, life),
    lifetime: life,
    refreshExpiresAt: null,
    lastUsedAt: null,
    ...facts,
  };
};

describe('the plan of a grant', () => {
  it('is to keep it fresh, unless the definition says otherwise', () => {
    const { due_at, deadline_at, urgency } = planFor(appWith(), factsOf(), now);
    expect(due_at! - now).toBeGreaterThanOrEqual(0.65 * hour);
    expect(due_at! - now).toBeLessThanOrEqual(0.75 * hour);
    expect({ deadline_at, urgency }).toEqual({ deadline_at: null, urgency: 2 });
    expect(planFor(appWith({ policy: 'eager' }), factsOf(), now).due_at).toBe(due_at);
  });

  it('is to look at it when its token ends, where nothing can renew it', () => {
    const facts = factsOf({ hasRefreshToken: false, life: 60 * day });
    expect(planFor(appWith(), facts, now)).toMatchObject({ due_at: facts.expiresAt, deadline_at: null });
    expect(planFor(appWith({ supported: false }), factsOf(), now).due_at).toBe(factsOf().expiresAt);
    expect(planFor(appWith(), factsOf({ hasRefreshToken: false, life: null }), now).due_at).toBeNull();
  });

  describe('when its policy is lazy', () => {
    it('is nothing where an unused grant lives on', () => {
      expect(planFor(appWith({ policy: 'lazy' }), factsOf(), now).due_at).toBeNull();
      expect(planFor(appWith({ policy: 'lazy' }), factsOf({ lastUsedAt: now }), now).due_at).toBeNull();
    });

    it('is to keep it alive before half of the idle limit, or before a refresh token ends that slides', () => {
      const lazy: Refresh = { policy: 'lazy' };
      const idle = planFor(appWith({ ...lazy, idleLimitSeconds: 60 * 86_400 }), factsOf(), now);
      expect(idle).toMatchObject({ due_at: now + 30 * day, deadline_at: now + 60 * day });
      const sliding = factsOf({ refreshExpiresAt: now + 90 * day });
      expect(planFor(appWith(lazy), sliding, now)).toMatchObject({
        due_at: now + 83 * day,
        deadline_at: now + 90 * day,
      });
      const short = factsOf({ refreshExpiresAt: now + 2 * day });
      expect(planFor(appWith(lazy), short, now)).toMatchObject({ due_at: now + day, deadline_at: now + 2 * day });
      expect(planFor(appWith({ ...lazy, lifetime: { fixed: 90 * 86_400 } }), sliding, now).due_at).toBeNull();
    });

    it('is for a whole millisecond, whatever lies between: a database holds no halves', () => {
      const odd = factsOf({ refreshExpiresAt: now + 2 * day + 1 });
      expect(planFor(appWith({ policy: 'lazy' }), odd, now).due_at).toBe(now + day);
    });

    it('is still eager where a lapse could not be mended', () => {
      const itself = planFor(appWith({ policy: 'lazy' }, selfRefreshing), factsOf({ life: 60 * day }), now);
      expect(itself.due_at! - now).toBeLessThanOrEqual(30 * day);
      const long = planFor(appWith({ policy: 'lazy' }), factsOf({ life: 60 * day }), now);
      expect(long.due_at! - now).toBeLessThanOrEqual(46 * day);
    });
  });

  describe('when its policy is auto', () => {
    it('is eager within a day of its last use, else one look a week', () => {
      const auto = appWith({ policy: 'auto' });
      const eager = planFor(appWith(), factsOf(), now).due_at;
      expect(planFor(auto, factsOf({ lastUsedAt: now - day }), now).due_at).toBe(eager);
      expect(planFor(auto, factsOf({ lastUsedAt: now - day - 1 }), now).due_at).toBe(now + 7 * day);
      expect(planFor(auto, factsOf(), now).due_at).toBe(now + 7 * day);
    });

    it('is to keep it alive where a week is too long', () => {
      const auto = appWith({ policy: 'auto', idleLimitSeconds: 4 * 86_400 });
      expect(planFor(auto, factsOf(), now).due_at).toBe(now + 2 * day);
    });
  });
});

describe('the deadline of a grant', () => {
  it('is the end of what can be presented last', () => {
    const idle: Refresh = { idleLimitSeconds: 30 * 86_400 };
    const deadline = (refresh: Refresh, facts: Partial<GrantFacts>) =>
      planFor(appWith(refresh), factsOf(facts), now).deadline_at;
    expect(deadline({}, {})).toBeNull();
    expect(deadline(idle, {})).toBe(now + 30 * day);
    expect(deadline(idle, { refreshExpiresAt: now + 20 * day })).toBe(now + 20 * day);
    expect(deadline(idle, { refreshExpiresAt: now + 40 * day })).toBe(now + 30 * day);
    expect(deadline(idle, { hasRefreshToken: false })).toBeNull();
  });

  it('is that of the access token where it renews itself, without any margin', () => {
    const app = appWith({}, selfRefreshing);
    const facts = factsOf({ hasRefreshToken: false, life: 60 * day });
    expect(planFor(app, facts, now).deadline_at).toBe(now + 60 * day);
    expect(planFor(app, { ...facts, lifetime: null, expiresAt: null }, now).deadline_at).toBeNull();
  });

  it('decides the order of what is due: lost within a day, used within a day, the rest', () => {
    expect(urgencyOf(now + day, null, now)).toBe(0);
    expect(urgencyOf(now + day + 1, now, now)).toBe(1);
    expect(urgencyOf(null, now - day, now)).toBe(1);
    expect(urgencyOf(null, now - day - 1, now)).toBe(2);
    expect(urgencyOf(null, null, now)).toBe(2);
  });
});

describe('the warnings before a fixed end', () => {
  const end = now + 365 * day;
  const app = appWith({ lifetime: { fixed: 365 * 86_400 } });
  const facts = factsOf({ life: 60 * day, refreshExpiresAt: end });

  it.each([
    ['at the beginning', 0, 351],
    ['a moment before the first', 351 * day - 1, 351],
    ['at the first', 351 * day, 358],
    ['after the first', 352 * day, 358],
    ['after the second', 359 * day, 364],
  ])('come 14, 7 and 1 days before: %s', (_, passed, next) => {
    expect(nextWarning(app, facts, now + passed)).toBe(now + next * day);
  });

  it('end with the last', () => {
    expect(nextWarning(app, facts, now + 364 * day)).toBeNull();
    expect(nextWarning(app, facts, end + day)).toBeNull();
  });

  it('come too for a token that nothing renews, and for nothing else', () => {
    const bare = factsOf({ life: 60 * day, hasRefreshToken: false });
    expect(fixedEnd(appWith(), bare)).toBe(now + 60 * day);
    expect(nextWarning(appWith(), bare, now)).toBe(now + 46 * day);
    expect(nextWarning(appWith(), factsOf({ refreshExpiresAt: end }), now)).toBeNull();
    expect(nextWarning(appWith({ lifetime: { sliding: 86_400 } }), factsOf({ refreshExpiresAt: end }), now)).toBeNull();
    expect(nextWarning(appWith({}, selfRefreshing), bare, now)).toBeNull();
    expect(nextWarning(app, { ...facts, refreshExpiresAt: null }, now)).toBeNull();
  });
});

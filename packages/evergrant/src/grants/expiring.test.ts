import { describe, expect, it } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import { connections, grants } from '../store/index.ts';
import { readMemoryAnswer } from '../testing/memory-platform.ts';
import { warnOfEnds } from './expiring.ts';
import { endGrant } from './failing.ts';
import { readAnswersBy } from './renewing.test-support.ts';
import { createScene, day, hour, type Scene, second } from './scene.test-support.ts';

/** An account whose access ends in 60 days, whatever we do. */
const connectEnding = async () => {
  const scene = await createScene();
  const connected = await scene.connect({ refreshToken: null, lifetime: 60 * day });
  return { scene, ...connected, end: scene.clock.now() + 60 * day };
};

/** An account whose refresh token ends a year after the consent, however often it is renewed. */
const connectWithFixedEnd = async () => {
  const scene = await createScene({
    knobs: { lifetime: 60 * day },
    refresh: { rotates: 'never', lifetime: { fixed: 365 * 86_400 } },
  });
  const end = scene.clock.now() + 365 * day;
  return { scene, ...(await scene.connect({ refreshExpiresAt: end })), end };
};

const warnings = async (scene: Scene, connectionId: string) =>
  (await scene.events(connectionId)).filter(({ type }) => type === 'connection.expiring').map(({ data }) => data);

describe('the warnings before an end', () => {
  it('come 14 days, 7 days and 1 day before, once each, however often they are looked for', async () => {
    const { scene, connectionId, end } = await connectEnding();
    const seen: [number, object[]][] = [];
    for (let passed = 0; passed < 60 * 24; passed += 6) {
      await warnOfEnds(scene.context);
      await warnOfEnds(scene.context);
      const sofar = await warnings(scene, connectionId);
      if (sofar.length > (seen.at(-1)?.[1].length ?? 0)) seen.push([passed / 24, sofar]);
      scene.clock.advance(6 * hour);
    }
    const ends_at = new Date(end).toISOString();
    expect(seen.map(([days]) => days)).toEqual([46, 53, 59]);
    expect(seen.at(-1)![1]).toEqual([
      { days: 14, ends_at },
      { days: 7, ends_at },
      { days: 1, ends_at },
    ]);
  });

  it('are not all sent for a time when nothing ran: only the last counts', async () => {
    const { scene, connectionId } = await connectEnding();
    scene.clock.advance(55 * day);
    await warnOfEnds(scene.context);
    expect(await warnings(scene, connectionId)).toMatchObject([{ days: 5 }]);
    scene.clock.advance(4 * day);
    await warnOfEnds(scene.context);
    expect(await warnings(scene, connectionId)).toMatchObject([{ days: 5 }, { days: 1 }]);
  });

  it('are not sent when it is over', async () => {
    const { scene, connectionId, grantId } = await connectEnding();
    scene.clock.advance(61 * day);
    await warnOfEnds(scene.context);
    expect(await warnings(scene, connectionId)).toEqual([]);
    expect(await scene.grant(grantId)).toMatchObject({ warn_at: null });
  });

  it('are not sent for a grant that has ended before', async () => {
    const { scene, connectionId, grantId } = await connectEnding();
    await endGrant(scene.store.db, await scene.grant(grantId), 'revoked_or_expired', null, scene.clock.now());
    scene.clock.advance(50 * day);
    await warnOfEnds(scene.context);
    expect(await warnings(scene, connectionId)).toEqual([]);
  });

  it('are sent once by two processes that look at the same time', async () => {
    const { scene, connectionId } = await connectEnding();
    scene.clock.advance(46 * day);
    await Promise.all([warnOfEnds(scene.context), warnOfEnds(scene.startNode('two').context)]);
    expect(await warnings(scene, connectionId)).toHaveLength(1);
  });

  it('of a provider that is not configured now keep no other from its own', async () => {
    const { scene, connectionId, grantId } = await connectEnding();
    scene.clock.advance(second);
    const other = await scene.connect({ refreshToken: null, lifetime: 60 * day });
    const apps = { ...scene.context.apps };
    scene.context.apps.ofGrant = (grant) => {
      if ('id' in grant && grant.id === grantId) throw new EvergrantError('provider_not_configured');
      return apps.ofGrant(grant);
    };
    scene.clock.advance(46 * day);
    await warnOfEnds(scene.context);
    expect(await warnings(scene, connectionId)).toEqual([]);
    expect(await warnings(scene, other.connectionId)).toHaveLength(1);
    scene.context.apps = apps;
    scene.clock.advance(day);
    await warnOfEnds(scene.context);
    expect(await warnings(scene, connectionId)).toMatchObject([{ days: 13 }]);
  });

  it('reach every account that the grant serves, and nobody else', async () => {
    const { scene, connectionId, grantId } = await connectEnding();
    const other = await scene.connect();
    const { id: _, ...row } = (await connections.byId(scene.store.db, connectionId))!;
    await connections.insert(scene.store.db, { ...row, id: 'conn_page', account_id: 'page' });
    scene.clock.advance(46 * day);
    await warnOfEnds(scene.context);
    expect(await warnings(scene, connectionId)).toHaveLength(1);
    expect(await warnings(scene, 'conn_page')).toHaveLength(1);
    expect(await warnings(scene, other.connectionId)).toEqual([]);
    expect((await grants.byId(scene.store.db, grantId))!.status).toBe('active');
  });

  it('keep their time when a grant with a fixed end is renewed', async () => {
    const { scene, grantId, end } = await connectWithFixedEnd();
    expect(await scene.grant(grantId)).toMatchObject({ warn_at: end - 14 * day });
    scene.clock.advance(50 * day);
    await scene.renewDue();
    expect(await scene.grant(grantId)).toMatchObject({
      generation: 2,
      warn_at: end - 14 * day,
      refresh_expires_at: end,
    });
  });

  it('are not skipped by a renewal that comes before somebody looked', async () => {
    const { scene, grantId, connectionId, end } = await connectWithFixedEnd();
    scene.clock.advance(end - 13 * day - scene.clock.now());
    await scene.renewDue();
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
    await warnOfEnds(scene.context);
    expect(await warnings(scene, connectionId)).toMatchObject([{ days: 13 }]);
    expect(await scene.grant(grantId)).toMatchObject({ warn_at: end - 7 * day });
  });

  it('do not come for an end that a renewal has moved', async () => {
    const { scene, grantId, connectionId, end } = await connectWithFixedEnd();
    scene.clock.advance(end - 13 * day - scene.clock.now());
    readAnswersBy(scene, async (...given) => {
      const verdict = await readMemoryAnswer(...given);
      if (verdict.kind !== 'tokens') return verdict;
      return { ...verdict, tokens: { ...verdict.tokens, refreshExpiresIn: 365 * 86_400 } };
    });
    await scene.renewDue();
    await warnOfEnds(scene.context);
    expect(await warnings(scene, connectionId)).toEqual([]);
    expect(await scene.grant(grantId)).toMatchObject({ warn_at: scene.clock.now() + (365 - 14) * day });
  });
});

import { describe, expect, it } from 'vitest';
import { grants } from '../store/index.ts';
import { connectDue, held, readAnswersBy, sendDue } from './renewing.test-support.ts';
import { answerOf, createScene, day, hour, passUntil, second } from './scene.test-support.ts';
import { createSpool } from './spool.ts';
import { usableUntil } from './timing.ts';

describe('a fault of unknown kind', () => {
  it('while an answer is read leaves the outcome open, and the answer was durable before', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    const steps: string[] = [];
    scene.context.step = (name) => void steps.push(name);
    readAnswersBy(scene, async () => {
      throw new TypeError('a hook is broken');
    });
    await scene.renewDue();
    expect(steps).toEqual(['claimed', 'sending', 'answered', 'journalled', 'read', 'settled']);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 1 });
    expect(await scene.row(grantId)).toMatchObject({ mark_id: expect.any(String), lease_until: null });
  });

  it('while a request is sent leaves the outcome open', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    scene.answerNext(async () => {
      throw new TypeError('it cannot be');
    });
    await scene.renewDue();
    expect(await scene.row(grantId)).toMatchObject({ mark_id: expect.any(String), lease_until: null });
    const [attempt] = await grants.attemptsOf(scene.store.db, grantId, 1);
    expect(attempt).toMatchObject({ outcome: 'ambiguous', error_code: 'internal' });
  });
});

describe('every success', () => {
  it.each([200, 201, 202, 206])('with status %i is journalled before it is read', async (status) => {
    const scene = await createScene();
    await connectDue(scene);
    const steps: string[] = [];
    scene.context.step = (name) => void steps.push(name);
    scene.answerNext(answerOf(status, { access_token: 'new' }));
    await scene.renewDue();
    expect(steps.indexOf('journalled')).toBe(steps.indexOf('read') - 1);
  });
});

describe('a process that is still at it', () => {
  it('lets all who ask for the same renewal wait for it', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    const late = held(scene);
    scene.answerNext(late.send);
    const asked = [scene.renewals.renew(grantId, 'reader'), scene.renewals.renew(grantId, 'person', 1)];
    await passUntil(scene.clock, () => scene.presented.length === 1, { step: 0 });
    asked.push(scene.renewals.renew(grantId, 'reader'));
    late.release();
    expect(await Promise.all(asked)).toEqual(Array(3).fill({ kind: 'renewed' }));
  });

  it('does not send the same token again, however far the wall clock is set forward', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    const late = held(scene);
    scene.answerNext(late.send);
    await sendDue(scene);
    scene.clock.jump(2 * hour);
    expect(await scene.renewals.beginDue(10, () => {})).toBe(0);
    late.release();
    await scene.renewals.idle();
    expect(scene.presented).toHaveLength(1);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', generation: 2 });
    expect(scene.platform.accepts((await scene.tokens(grantId)).current!)).toBe(true);
  });

  it('commits what it holds before it looks at what is due, when the database comes back after very long', async () => {
    const scene = await createScene();
    // In memory only: how long a disk takes is no time of this clock.
    scene.context.spool = createSpool(null);
    const { grantId } = await connectDue(scene);
    scene.answerNext(async (token) => {
      scene.database.down = true;
      return scene.platform.present(token);
    });
    await sendDue(scene);
    scene.clock.advance(2 * hour);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    scene.database.down = false;
    expect(await scene.renewals.beginDue(10, () => {})).toBe(0);
    await passUntil(scene.clock, async () => (await scene.grant(grantId)).generation === 2);
    expect(scene.presented).toHaveLength(1);
    expect(scene.platform.accepts((await scene.tokens(grantId)).current!)).toBe(true);
  });
});

describe('the life of a new token', () => {
  it('counts from the request, however long the answer takes', async () => {
    const scene = await createScene();
    const { grantId } = await connectDue(scene);
    const late = held(scene);
    scene.answerNext(late.send);
    const sentAt = scene.clock.now();
    await sendDue(scene);
    scene.clock.advance(14 * second);
    late.release();
    await scene.renewals.idle();
    const { issued_at, expires_at } = await scene.grant(grantId);
    expect(issued_at).toBe(sentAt);
    expect(expires_at).toBe(usableUntil(sentAt, hour));
  });

  it.each([3599.1234567, 0.0001, 1e300])(
    'is a whole number of milliseconds, when the platform says %d seconds',
    async (seconds) => {
      const scene = await createScene();
      const { grantId } = await connectDue(scene);
      scene.answerNext(async (token) => {
        const { status, headers, body } = scene.platform.present(token);
        return { status, headers, body: JSON.stringify({ ...(JSON.parse(body) as object), expires_in: seconds }) };
      });
      await scene.renewDue();
      const { generation, lifetime, expires_at } = await scene.grant(grantId);
      expect({ generation, lifetime }).toEqual({
        generation: 2,
        lifetime: Math.min(Math.floor(seconds * second), 36_500 * day),
      });
      expect(expires_at).toBeLessThan(8.64e15);
      expect(Number.isSafeInteger((await scene.row(grantId)).due_at)).toBe(true);
    },
  );
});

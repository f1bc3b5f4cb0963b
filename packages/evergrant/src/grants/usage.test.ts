import { describe, expect, it } from 'vitest';
import { schedule } from '../store/index.ts';
import { createScene, day, minute } from './scene.test-support.ts';

describe('which tokens are read', () => {
  it('is written for many at once, and not by reading', async () => {
    const scene = await createScene();
    const read = await scene.connect();
    const unread = await scene.connect();
    for (let time = 0; time < 5; time++) await scene.read(read.connectionId);
    expect(await scene.row(read.grantId)).toMatchObject({ last_used_at: null, urgency: 2 });

    scene.clock.advance(minute);
    await scene.context.usage.flush(scene.context);
    expect(await scene.row(read.grantId)).toMatchObject({ last_used_at: scene.clock.now(), urgency: 1 });
    expect(await scene.row(unread.grantId)).toMatchObject({ last_used_at: null, urgency: 2 });
  });

  it('is written once', async () => {
    const scene = await createScene();
    const { grantId, connectionId } = await scene.connect();
    await scene.read(connectionId);
    await scene.context.usage.flush(scene.context);
    const { last_used_at } = await scene.row(grantId);
    scene.clock.advance(minute);
    await scene.context.usage.flush(scene.context);
    expect(await scene.row(grantId)).toMatchObject({ last_used_at });
  });

  it('takes nothing from the urgency of what may be lost', async () => {
    const scene = await createScene();
    const { grantId, connectionId } = await scene.connect({ refreshExpiresAt: scene.clock.now() + day });
    expect(await scene.row(grantId)).toMatchObject({ urgency: 0 });
    await scene.read(connectionId);
    await scene.context.usage.flush(scene.context);
    expect(await scene.row(grantId)).toMatchObject({ urgency: 0, last_used_at: scene.clock.now() });
  });

  it('may be more than fit into one statement', async () => {
    const scene = await createScene();
    const connected = [];
    for (let serial = 0; serial < 3; serial++) connected.push(await scene.connect());
    for (let serial = 0; serial < 2000; serial++) scene.context.usage.note(`grant_gone_${serial}`);
    scene.context.usage.note(connected[2]!.grantId);
    await scene.context.usage.flush(scene.context);
    expect(await scene.row(connected[2]!.grantId)).toMatchObject({ last_used_at: scene.clock.now() });
  });

  it('decides what is renewed next where not all can be', async () => {
    const scene = await createScene();
    const connected = [];
    for (let serial = 0; serial < 20; serial++) connected.push(await scene.connect());
    const used = connected.at(-1)!;
    await schedule.noteUse(scene.store.db, [used.grantId], scene.clock.now());
    scene.clock.advance(50 * minute);
    await scene.renewDue(1);
    expect(scene.presented).toEqual([used.refreshToken]);
  });

  it('is not forgotten when the database is away', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    scene.context.usage.note(grantId);
    scene.database.down = true;
    await expect(scene.context.usage.flush(scene.context)).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(scene.context.usage.has(grantId)).toBe(true);
    scene.database.down = false;
    await scene.context.usage.flush(scene.context);
    expect(await scene.row(grantId)).toMatchObject({ last_used_at: scene.clock.now() });
  });
});

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grants, journal } from '../store/index.ts';
import { reserveDue } from './reservation.ts';
import { createScene, hour, minute, passUntil, type Scene, second } from './scene.test-support.ts';
import { createSpool } from './spool.ts';

/** The answer to a renewal arrives at a process whose database has just gone away. */
const createStranded = async () => {
  const scene = await createScene();
  const { grantId, refreshToken, connectionId } = await scene.connect();
  await scene.advanceToDue(grantId);
  const issued: string[] = [];
  scene.answerNext(async (token) => {
    const answer = scene.platform.present(token);
    issued.push((JSON.parse(answer.body) as { refresh_token: string }).refresh_token);
    scene.database.down = true;
    return answer;
  });
  await scene.renewals.beginDue(1, () => {});
  await passUntil(scene.clock, () => filesOf(scene).some((name) => name.endsWith('.json')));
  return { scene, grantId, refreshToken, connectionId, issued: issued[0]! };
};

const filesOf = ({ spoolFolder }: Scene): string[] => readdirSync(spoolFolder).sort();

const journalled = ({ store }: Scene) => journal.unfinishedRenewals(store.db, Number.MAX_SAFE_INTEGER);

describe('an answer that the database does not take', () => {
  it('lies in the spool, sealed, for nobody else to read', async () => {
    const { scene, grantId, issued } = await createStranded();
    const [name] = filesOf(scene);
    const path = join(scene.spoolFolder, name!);
    const { mark_id } = await scene.row(grantId);
    expect(name).toBe(`${mark_id}.json`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain(issued);
    expect(await scene.context.spool.count()).toBe(1);
    expect(await scene.tokens(grantId)).not.toMatchObject({ current: issued });
  });

  it('is committed by the same process when the database is back, and the file goes', async () => {
    const { scene, grantId, issued } = await createStranded();
    scene.clock.advance(10 * minute);
    scene.database.down = false;
    await passUntil(scene.clock, async () => (await scene.grant(grantId)).generation === 2);
    await scene.renewals.idle();
    expect(await scene.tokens(grantId)).toEqual({ current: issued, candidate: null });
    expect(filesOf(scene)).toEqual([]);
    expect(await journalled(scene)).toEqual([]);
  });

  it('is committed by the same process, for whoever waits, when the database goes away after the journal had it', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    scene.context.step = (name) => {
      if (name === 'read') scene.database.down = true;
    };
    const renewal = scene.renewals.renew(grantId, 'person');
    await passUntil(scene.clock, () => scene.database.down);
    expect(filesOf(scene)).toEqual([]);
    const back = scene.clock.now() + 5 * second;
    await passUntil(scene.clock, () => scene.clock.now() >= back);
    scene.database.down = false;
    await passUntil(scene.clock, async () => (await scene.grant(grantId)).generation === 2);
    expect(await renewal).toEqual({ kind: 'renewed' });
    expect(await journalled(scene)).toEqual([]);
  });

  it.each(['reader', 'background', 'reservation'] as const)(
    'comes first when the database is back after the token’s life: another process (%s) waits a second',
    async (who) => {
      const { scene, grantId, issued } = await createStranded();
      const other = scene.startNode('two');
      other.database.down = true;
      scene.clock.advance(hour);
      await expect(other.renewals.renew(grantId, 'person')).rejects.toMatchObject({ code: 'storage_unavailable' });
      other.database.down = false;
      const takes = async () => {
        if (who === 'reader') return other.renewals.renew(grantId, 'person');
        if (who === 'background') return other.renewDue();
        const reserved = await reserveDue(other.context, 10, 'worker', []);
        return other.renewals.carryOut('worker', reserved);
      };
      for (let count = 0; count < 9; count++) {
        await takes();
        scene.clock.advance(100);
      }
      expect(scene.presented).toHaveLength(1);
      scene.database.down = false;
      await passUntil(scene.clock, async () => (await scene.grant(grantId)).generation === 2);
      expect((await scene.tokens(grantId)).current).toBe(issued);
    },
  );

  it('comes first also where another process was about to take the grant over', async () => {
    const { scene } = await createStranded();
    const other = scene.startNode('two');
    scene.clock.advance(hour);
    const reserved = await reserveDue(other.context, 10, 'worker', []);
    expect(reserved).toHaveLength(1);
    other.database.down = true;
    await expect(other.renewals.carryOut('worker', reserved)).rejects.toMatchObject({ code: 'storage_unavailable' });
    other.database.down = false;
    await other.renewals.carryOut('worker', reserved);
    expect(scene.presented).toHaveLength(1);
  });

  it('keeps nobody from grants of which nothing is under way', async () => {
    const scene = await createScene();
    const { refreshToken, grantId } = await scene.connect();
    scene.database.down = true;
    await expect(scene.renewDue()).rejects.toThrow();
    scene.database.down = false;
    await scene.renewals.renew(grantId, 'person');
    expect(scene.presented).toEqual([refreshToken]);
  });

  it('is not waited for longer than that', async () => {
    const { scene, grantId } = await createStranded();
    const other = scene.startNode('two');
    other.database.down = true;
    scene.clock.advance(hour);
    await expect(other.renewals.renew(grantId, 'person')).rejects.toThrow();
    other.database.down = false;
    expect(await other.renewals.renew(grantId, 'person')).toMatchObject({ kind: 'busy' });
    scene.clock.advance(second);
    await other.renewals.renew(grantId, 'person');
    expect(scene.presented).toHaveLength(2);
  });

  it('is kept in memory, and committed when the database is back, where the disk does not take it either', async () => {
    const scene = await createScene();
    const { grantId } = await scene.connect();
    rmSync(scene.spoolFolder, { recursive: true });
    writeFileSync(scene.spoolFolder, 'a file stands where the folder should be');
    scene.answerNext(async (token) => {
      scene.database.down = true;
      return scene.platform.present(token);
    });
    const said: string[] = [];
    scene.context.logger = { ...scene.context.logger, error: (_about, message) => void said.push(message) };
    const renewal = scene.renewals.renew(grantId, 'person');
    await expect.poll(() => said).toEqual(['neither database nor disk take a token answer; it is in memory only']);
    scene.clock.advance(10 * minute);
    scene.database.down = false;
    await passUntil(scene.clock, async () => (await scene.grant(grantId)).generation === 2);
    expect(await renewal).toEqual({ kind: 'renewed' });
    expect(scene.platform.accepts((await scene.tokens(grantId)).current!)).toBe(true);
  });

  it('is committed by the next process, which drains the spool before it claims anything', async () => {
    const { scene, grantId, issued } = await createStranded();
    const next = scene.startNode('next');
    await next.renewals.recover();
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2, status: 'active' });
    expect(await scene.tokens(grantId)).toEqual({ current: issued, candidate: null });
    expect(await scene.row(grantId)).toMatchObject({ mark_id: null, lease_until: null, doubt_since: null });
    expect(filesOf(scene)).toEqual([]);
    expect(scene.presented).toHaveLength(1);
  });

  it('is committed once, when the process that received it lives on beside the one that drained it', async () => {
    const { scene, grantId, issued, connectionId } = await createStranded();
    await scene.startNode('next').renewals.recover();
    scene.database.down = false;
    let over = false;
    void scene.renewals.idle().then(() => {
      over = true;
    });
    await passUntil(scene.clock, () => over);
    await scene.startNode('last').renewals.recover();
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
    expect(await scene.tokens(grantId)).toEqual({ current: issued, candidate: null });
    expect(await scene.eventTypes(connectionId)).toEqual(['connection.refreshed']);
    expect(await journalled(scene)).toEqual([]);
  });

  it('is not committed again from a file that outlived its commit', async () => {
    const { scene, grantId } = await createStranded();
    const [name] = filesOf(scene);
    const path = join(scene.spoolFolder, name!);
    const copy = readFileSync(path);
    await scene.startNode('next').renewals.recover();
    writeFileSync(path, copy);
    await scene.startNode('last').renewals.recover();
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
    expect(filesOf(scene)).toEqual([]);
    expect(await journalled(scene)).toEqual([]);
  });

  it('is late for a grant that was renewed meanwhile, and overwrites nothing', async () => {
    const { scene, grantId } = await createStranded();
    await grants.update(scene.store.db, grantId, { generation: 5, token_fence: 9 });
    await scene.store.db
      .updateTable('schedule')
      .set({ fence: 9, mark_id: null, mark_at: null, lease_until: null })
      .execute();
    const before = await scene.tokens(grantId);
    await scene.startNode('next').renewals.recover();
    expect(await scene.grant(grantId)).toMatchObject({ generation: 5 });
    expect((await scene.tokens(grantId)).current).toBe(before.current);
  });
});

describe('the spool', () => {
  it('leaves what it cannot read where it is, and drains the rest', async () => {
    const { scene, grantId } = await createStranded();
    const half = join(scene.spoolFolder, 'att_0.json');
    writeFileSync(half, '{"id":"att_0","kind":"refr');
    await scene.startNode('next').renewals.recover();
    expect(filesOf(scene)).toEqual(['att_0.json']);
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
  });

  it('leaves what the journal does not take where it is, and drains the rest', async () => {
    const { scene, grantId } = await createStranded();
    writeFileSync(join(scene.spoolFolder, 'att_0.json'), '{"id":"att_0","answer_sealed":"AA=="}');
    await scene.startNode('next').renewals.recover();
    expect(filesOf(scene)).toEqual(['att_0.json']);
    expect(await scene.grant(grantId)).toMatchObject({ generation: 2 });
  });

  it('needs no folder until there is something to write', async () => {
    const { context, spoolFolder } = await createScene();
    const spool = createSpool(join(spoolFolder, 'deeper'));
    expect(await spool.count()).toBe(0);
    await spool.remove('att_1');
    await spool.drain(context);
    expect(readdirSync(spoolFolder)).toEqual([]);
  });

  it('says when there is no disk to write to', async () => {
    const spool = createSpool(null);
    await expect(spool.write({} as never)).rejects.toThrow('no folder');
    expect(await spool.count()).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { connections, schedule } from '../store/index.ts';
import { replaceRejected } from './read.ts';
import {
  answerOf,
  createScene,
  day,
  hour,
  minute,
  passUntil,
  refusal,
  type Scene,
  second,
  unavailable,
} from './scene.test-support.ts';

/** Moves to where a token is still good for so long. */
const leave = async ({ clock, grant }: Scene, grantId: string, milliseconds: number): Promise<void> => {
  const { expires_at } = await grant(grantId);
  clock.advance(expires_at! - clock.now() - milliseconds);
};

describe('a token that lives long enough', () => {
  it('is handed out without a request and without a write', async () => {
    const scene = await createScene();
    const { connectionId, grantId } = await scene.connect();
    const before = [await scene.grant(grantId), await scene.row(grantId)];
    const { expires_at } = await scene.grant(grantId);
    expect(await scene.read(connectionId)).toEqual({
      accessToken: 'at-0',
      tokenType: 'bearer',
      expiresAt: new Date(expires_at!).toISOString(),
      scopes: [],
      generation: 1,
    });
    expect(scene.presented).toEqual([]);
    expect([await scene.grant(grantId), await scene.row(grantId)]).toEqual(before);
  });

  it.each([
    ['a minute by default', hour, undefined, minute],
    ['half of a short life by default', 100 * second, undefined, 50 * second],
    ['what is asked for', hour, 1800, 30 * minute],
    ['anything that lives, when nothing is asked for', hour, 0, 1],
  ])('is one that lives %s', async (_, lifetime, minValid, least) => {
    const scene = await createScene({ knobs: { lifetime } });
    const { connectionId, grantId } = await scene.connect();
    await leave(scene, grantId, least);
    expect(await scene.read(connectionId, minValid)).toMatchObject({ generation: 1 });
    scene.clock.advance(1);
    expect(await scene.read(connectionId, minValid)).toMatchObject({ generation: 2 });
    expect(scene.presented).toHaveLength(1);
  });

  it('is any, where tokens have no end', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect({ lifetime: null });
    scene.clock.advance(1000 * day);
    expect(await scene.read(connectionId, 10_000)).toMatchObject({ expiresAt: null, generation: 1 });
  });

  it('cannot be had for longer than a whole life, and nothing is sent for that', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect();
    await expect(scene.read(connectionId, 3601)).rejects.toMatchObject({
      code: 'min_validity_unsatisfiable',
      connectionId,
    });
    expect(scene.presented).toEqual([]);
  });

  it('is a fresh one, when a whole life is asked for: the margin makes no loop', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect();
    expect(await scene.read(connectionId, 3600)).toMatchObject({ generation: 1 });
    scene.clock.advance(10 * second);
    expect(await scene.read(connectionId, 3600)).toMatchObject({ generation: 2 });
    expect(await scene.read(connectionId, 3600)).toMatchObject({ generation: 2 });
    expect(scene.presented).toHaveLength(1);
  });
});

describe('a token that is too short', () => {
  it('is handed out all the same while it lives, when it cannot be renewed', async () => {
    const scene = await createScene();
    const { connectionId, grantId } = await scene.connect();
    await leave(scene, grantId, 30 * second);
    scene.behaves = unavailable;
    for (const minValid of [undefined, 600, 0]) {
      expect(await scene.read(connectionId, minValid)).toMatchObject({ generation: 1, accessToken: 'at-0' });
    }
    expect(scene.presented).toHaveLength(1);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', degraded_at: null });
  });

  it('is handed out while it lives, when the platform renews nothing so young', async () => {
    const scene = await createScene({ refresh: { minimumAgeSeconds: 86_400 } });
    const { connectionId, grantId } = await scene.connect();
    await leave(scene, grantId, 30 * second);
    expect(await scene.read(connectionId, 600)).toMatchObject({ generation: 1 });
    await leave(scene, grantId, 0);
    await expect(scene.read(connectionId)).rejects.toMatchObject({ code: 'refresh_cooling_down' });
    expect(scene.presented).toEqual([]);
  });

  it('is not handed out when its renewal ended the grant', async () => {
    const scene = await createScene();
    const { connectionId, grantId, refreshToken } = await scene.connect();
    await leave(scene, grantId, 30 * second);
    scene.platform.revoke(refreshToken);
    await expect(scene.read(connectionId)).rejects.toMatchObject({ code: 'reauth_required' });
  });
});

describe('a token that ran out', () => {
  it.each([
    ['unavailable', unavailable, 'provider_unavailable'],
    ['at its limit', answerOf(429), 'provider_rate_limited'],
    ['sure that the app is another', answerOf(401, { error: 'invalid_client' }), 'provider_app_credentials_invalid'],
    ['confused', answerOf(500, 'oops'), 'provider_unavailable'],
  ])('is never handed out, and the cause is told: a platform that is %s', async (_, answer, code) => {
    const scene = await createScene();
    const { connectionId, grantId } = await scene.connect();
    await leave(scene, grantId, 0);
    scene.behaves = answer;
    const failed = await scene.read(connectionId, 0).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code, connectionId, retryAfter: expect.any(Number) });
    await expect(scene.read(connectionId, 0)).rejects.toMatchObject({ code });
    expect(scene.presented).toHaveLength(1);
    expect(await scene.grant(grantId)).toMatchObject({ status: 'active', degraded_at: expect.any(Number) });
  });

  it('is renewed by whoever reads it', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect();
    scene.clock.advance(day);
    expect(await scene.read(connectionId)).toMatchObject({ generation: 2, accessToken: expect.stringMatching(/^at-/) });
  });

  it('cannot be renewed where there is nothing to do it with: it ends the grant', async () => {
    const scene = await createScene();
    const { connectionId, grantId } = await scene.connect({ refreshToken: null });
    await leave(scene, grantId, 1);
    expect(await scene.read(connectionId, 600)).toMatchObject({ generation: 1 });
    scene.clock.advance(1);
    await expect(scene.read(connectionId)).rejects.toMatchObject({ code: 'token_expired_not_renewable' });
    await expect(scene.read(connectionId)).rejects.toMatchObject({
      code: 'reauth_required',
      extensions: { reason: 'expired' },
    });
    expect(await scene.eventTypes(connectionId)).toEqual(['connection.reauth_required']);
  });

  it('may come dead from the platform; it is not handed out either', async () => {
    const scene = await createScene();
    const { connectionId, grantId } = await scene.connect();
    await leave(scene, grantId, 0);
    scene.answerNext(answerOf(200, { access_token: 'at-dead', refresh_token: 'rt', expires_in: 0 }));
    await expect(scene.read(connectionId)).rejects.toMatchObject({ code: 'refresh_in_progress' });
  });
});

describe('many who read at once', () => {
  it('share one request', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect();
    scene.clock.advance(day);
    const tokens = await Promise.all(Array.from({ length: 100 }, () => scene.read(connectionId)));
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect(scene.presented).toHaveLength(1);
  });

  it('share its failure', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect();
    scene.clock.advance(day);
    scene.behaves = unavailable;
    const answers = await Promise.allSettled(Array.from({ length: 100 }, () => scene.read(connectionId)));
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'provider_unavailable' } });
    }
    expect(scene.presented).toHaveLength(1);
  });

  it('wait for another process that is at it, and no longer than it may take', async () => {
    const scene = await createScene();
    const { connectionId, grantId } = await scene.connect();
    scene.clock.advance(day);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    scene.answerNext(async (token) => {
      await held;
      return scene.platform.present(token);
    });
    const other = scene.startNode('two').renewals.renew(grantId, 'reader');
    await passUntil(scene.clock, () => scene.presented.length === 1, { step: 0 });
    const answers: unknown[] = [];
    const note = (answer: unknown) => void answers.push(answer);
    const read = () => void scene.read(connectionId).then(note, note);
    read();
    await passUntil(scene.clock, () => answers.length === 1);
    expect(answers[0]).toMatchObject({ code: 'refresh_in_progress', retryAfter: 2 });

    read();
    release();
    await other;
    await passUntil(scene.clock, () => answers.length === 2);
    expect(answers[1]).toMatchObject({ generation: 2 });
    expect(scene.presented).toHaveLength(1);
  });
});

describe('a token that the platform refused', () => {
  const report = (scene: Scene, connectionId: string, generation: number) =>
    replaceRejected(scene.context, scene.renewals, connectionId, generation);

  it('is replaced by the newer one, if there is one', async () => {
    const scene = await createScene();
    const { connectionId, grantId } = await scene.connect();
    await scene.renewals.renew(grantId, 'person');
    expect(await report(scene, connectionId, 1)).toMatchObject({ generation: 2 });
    expect(scene.presented).toHaveLength(1);
  });

  it('is renewed once, however many report it', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect();
    const storm = await Promise.all(Array.from({ length: 50 }, () => report(scene, connectionId, 1)));
    expect(new Set(storm.map(({ generation }) => generation))).toEqual(new Set([2]));
    expect(scene.presented).toHaveLength(1);
  });

  it('is not handed out again when its renewal fails, though its time is not over', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect();
    scene.behaves = unavailable;
    await expect(report(scene, connectionId, 1)).rejects.toMatchObject({ code: 'provider_unavailable' });
    scene.behaves = refusal;
    scene.clock.advance(minute);
    await expect(report(scene, connectionId, 1)).rejects.toMatchObject({ code: 'reauth_required' });
  });

  it('cannot be replaced where nothing renews', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect({ refreshToken: null });
    await expect(report(scene, connectionId, 1)).rejects.toMatchObject({ code: 'token_expired_not_renewable' });
    expect(scene.presented).toEqual([]);
  });
});

describe('a connection that must not be read', () => {
  it('is one that is not there, or is somebody else’s', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect();
    await expect(scene.read('conn_none')).rejects.toMatchObject({ code: 'connection_not_found' });
    const stranger = replaceRejected(scene.context, scene.renewals, connectionId, 1, { owner: 'stranger' });
    await expect(stranger).rejects.toMatchObject({ code: 'connection_not_found' });
  });

  it('is one that is switched off', async () => {
    const scene = await createScene();
    const { connectionId } = await scene.connect();
    await connections.update(scene.store.db, connectionId, { disabled_at: scene.clock.now() });
    await expect(scene.read(connectionId)).rejects.toMatchObject({ code: 'connection_disabled' });
  });
});

describe('an account with a token of its own', () => {
  it('is read by that one until it ends, and renews nothing', async () => {
    const scene = await createScene();
    const { connectionId, grantId } = await scene.connect();
    const sealed = scene.vault.seal('page token', { table: 'connections', column: 'token_sealed', row: connectionId });
    const end = scene.clock.now() + day;
    await connections.update(scene.store.db, connectionId, { token_sealed: sealed, token_expires_at: end });
    await schedule.update(scene.store.db, grantId, { due_at: null });
    scene.clock.advance(day - 1);
    expect(await scene.read(connectionId)).toMatchObject({
      accessToken: 'page token',
      expiresAt: new Date(end).toISOString(),
    });
    scene.clock.advance(1);
    await expect(scene.read(connectionId)).rejects.toMatchObject({ code: 'token_expired_not_renewable' });
    expect(scene.presented).toEqual([]);
  });
});

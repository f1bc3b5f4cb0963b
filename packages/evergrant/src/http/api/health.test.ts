import { randomBytes } from 'node:crypto';
import { OpenAPIHono } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../engine/types.ts';
import { EvergrantError } from '../../errors/index.ts';
import { keyCheck } from '../../grants/reseal.ts';
import { createScene, second } from '../../grants/scene.test-support.ts';
import { installation } from '../../store/index.ts';
import { createVault, parseKeys, sealCheck, toKeyObjects } from '../../vault/index.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { addHealthRoutes } from './health.ts';

const otherVault = createVault(toKeyObjects(parseKeys(`k9:${randomBytes(32).toString('base64')}`)));

const probe = async () => {
  const { context, clock } = await createScene();
  const { store, vault } = context;
  await installation.set(store.db, keyCheck, sealCheck(vault));
  let engine: Engine | null = null;
  let isWorker = false;
  const app = new OpenAPIHono<HttpEnv>();
  const settings = { publicMetrics: true };
  addHealthRoutes(app, {
    context,
    settings,
    engine: () => engine,
    get isWorker() {
      return isWorker;
    },
  } as HttpDependencies);
  app.onError((error, c) => {
    if (!(error instanceof EvergrantError)) throw error;
    return c.json({ code: error.code, detail: error.detail }, error.status as 503);
  });
  return {
    store,
    clock,
    run: (changed: Partial<Engine>) => {
      engine = { poke: () => {}, stop: async () => {}, ...changed };
    },
    becomeWorker: () => {
      isWorker = true;
    },
    ready: async () => {
      const answer = await app.request('/readyz');
      return { status: answer.status, body: (await answer.json()) as object };
    },
  };
};

describe('readiness', () => {
  it('names every part, and needs no engine in this process', async () => {
    const { ready, run, clock } = await probe();
    const parts = { status: 'ok', database: 'ok', key: 'ok' };
    expect(await ready()).toEqual({ status: 200, body: { ...parts, engine: 'none' } });
    run({});
    expect(await ready()).toEqual({ status: 200, body: { ...parts, engine: 'none' } });
    run({ lastBeat: () => clock.monotonic() });
    expect(await ready()).toEqual({ status: 200, body: { ...parts, engine: 'ok' } });
  });

  it('fails when the engine of this process has stood still for a minute', async () => {
    const { ready, run, clock } = await probe();
    const beat = clock.monotonic();
    run({ lastBeat: () => beat });
    clock.advance(60 * second);
    expect(await ready()).toMatchObject({ status: 200 });
    clock.advance(second);
    const detail = expect.stringContaining('engine has not come round for 61 seconds');
    expect(await ready()).toEqual({ status: 503, body: { code: 'engine_stalled', detail } });
  });

  it('says that Temporal is away, and fails only where nothing but renewals is done', async () => {
    const { ready, run, becomeWorker } = await probe();
    const parts = { status: 'ok', database: 'ok', key: 'ok' };
    run({ isConnected: () => false });
    expect(await ready()).toEqual({ status: 200, body: { ...parts, engine: 'away' } });
    becomeWorker();
    const detail = expect.stringContaining('Temporal does not answer');
    expect(await ready()).toEqual({ status: 503, body: { code: 'engine_stalled', detail } });
    run({ isConnected: () => true });
    expect(await ready()).toEqual({ status: 200, body: { ...parts, engine: 'ok' } });
  });

  it('fails when the database holds what the key does not open', async () => {
    const { ready, store } = await probe();
    await installation.set(store.db, keyCheck, sealCheck(otherVault));
    const detail = expect.stringContaining('ENCRYPTION_KEYS');
    expect(await ready()).toEqual({ status: 503, body: { code: 'storage_key_unavailable', detail } });
  });

  it('fails when the database is not the one with which this process began', async () => {
    const { ready, store } = await probe();
    await store.db.deleteFrom('installation').execute();
    expect(await ready()).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
  });
});

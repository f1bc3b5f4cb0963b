import { describe, expect, it } from 'vitest';
import type { EvergrantConfig } from './config.ts';
import type { Environment } from './environment.ts';
import { SettingsError } from './errors.ts';
import { parseSettings } from './parse.ts';

const canary = 'c4n4ry-c4n4ry';

const parse = (env: Environment, config: EvergrantConfig = {}) =>
  parseSettings(config, env, { builtins: ['linkedin', 'x'] }).settings.temporal;

describe('the settings of the Temporal engine', () => {
  it('come from the environment, which wins', () => {
    const config = { temporal: { taskQueue: 'other', shards: 2, groups: { us: ['x'] }, worker: true } };
    const env = {
      TEMPORAL_TASK_QUEUE: 'renewals',
      TEMPORAL_SHARDS: '4',
      TEMPORAL_GROUPS: 'eu = linkedin, x ; us=threads;',
      TEMPORAL_WORKER: 'off',
      TEMPORAL_ENCRYPT_PAYLOADS: 'on',
    };
    expect(parse(env, config)).toMatchObject({
      taskQueue: 'renewals',
      shards: 4,
      groups: { eu: ['linkedin', 'x'], us: ['threads'] },
      worker: false,
      encryptPayloads: true,
    });
    expect(parse({}, config)).toMatchObject({ ...config.temporal, encryptPayloads: false });
  });

  it("hand Temporal's own variables on to its SDK, unseen", () => {
    const env = { TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_API_KEY: canary, HOME: '/root', OTHER: 'x' };
    const { environment } = parse(env);
    expect(JSON.parse(environment!.reveal())).toEqual({
      TEMPORAL_ADDRESS: 'temporal:7233',
      TEMPORAL_API_KEY: canary,
      HOME: '/root',
    });
    expect(JSON.stringify(parse(env, { temporal: { apiKey: canary } }))).not.toContain(canary);
  });

  it('name a version of the workers, in a deployment that is called as the task queue', () => {
    expect(parse({ TEMPORAL_DEPLOYMENT_NAME: 'renewals' }).version).toBeNull();
    const env = { TEMPORAL_TASK_QUEUE: 'renewals', TEMPORAL_WORKER_BUILD_ID: '7f3a' };
    expect(parse(env).version).toEqual({ deployment: 'renewals', buildId: '7f3a' });
    const given = { temporal: { deployment: 'k8s/renewals', buildId: '1.2.3' } };
    expect(parse({}, given).version).toEqual({ deployment: 'k8s/renewals', buildId: '1.2.3' });
    expect(parse(env, given).version).toEqual({ deployment: 'k8s/renewals', buildId: '7f3a' });
  });

  it('take codecs, and leave the objects of the caller alone', async () => {
    const codec = { encode: async (payloads: unknown[]) => payloads, decode: async () => [] };
    const groups = { eu: ['x'] };
    const settings = parse({}, { temporal: { payloadCodecs: [codec], groups } });
    expect(await settings.payloadCodecs[0]!.encode([1])).toEqual([1]);
    expect([Object.isFrozen(codec), Object.isFrozen(groups.eu)]).toEqual([false, false]);
  });

  it.each<[Environment, EvergrantConfig, string]>([
    [
      { TEMPORAL_SHARDS: 'many' },
      {},
      'TEMPORAL_SHARDS: must be a whole number from 1 to 64. Example: TEMPORAL_SHARDS=4',
    ],
    [{}, { temporal: { shards: 0 } }, 'temporal.shards: must be a whole number from 1 to 64. Example: shards: 4'],
    [{ TEMPORAL_TASK_QUEUE: 'a b' }, {}, 'TEMPORAL_TASK_QUEUE: "a b" may hold letters'],
    [{ TEMPORAL_WORKER_BUILD_ID: 'a b' }, {}, 'TEMPORAL_WORKER_BUILD_ID: "a b" may hold letters'],
    [{ TEMPORAL_GROUPS: 'eu' }, {}, 'TEMPORAL_GROUPS: "eu" names no providers after "="'],
    [{ TEMPORAL_GROUPS: 'EU=x' }, {}, '"EU" is no group'],
    [{ TEMPORAL_GROUPS: 'default=x' }, {}, '"default" is the group of all others'],
    [{ TEMPORAL_GROUPS: 'eu=x;us=x' }, {}, '"x" is in two groups, "eu" and "us"'],
    [{ TEMPORAL_WORKER: 'maybe' }, {}, 'TEMPORAL_WORKER: "maybe" must be one of true, on'],
    [{}, { temporal: { payloadCodecs: [{}] } } as never, 'must have the functions encode and decode'],
    [{}, { temporal: { adress: 'x' } } as never, 'did you mean "address"?'],
  ])('refuse %j %j', (env, config, message) => {
    expect(() => parse(env, config)).toThrow(SettingsError);
    expect(() => parse(env, config)).toThrow(message);
  });
});

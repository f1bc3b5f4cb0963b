import { describe, expect, it } from 'vitest';
import { type Permission, permissions } from '../../src/http/keyring.ts';
import { type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';
import { addKey } from './keys.ts';

/** Every route that wants a key, and the permissions that open it beside `admin`. */
const routesOf = (id: string, flow: string): [string, string, object | undefined, Permission[]][] => {
  const read: Permission[] = ['connections:read', 'connections:write'];
  const write: Permission[] = ['connections:write'];
  const tokens: Permission[] = ['tokens:read'];
  const path = `/v1/connections/${id}`;
  return [
    ['GET', '/v1/connections', undefined, read],
    ['GET', path, undefined, read],
    ['GET', `${path}/events`, undefined, read],
    ['GET', `/v1/connect/${flow}`, undefined, read],
    ['GET', `${path}/token`, undefined, tokens],
    ['POST', `${path}/token/rejected`, { generation: 1 }, tokens],
    ['POST', '/v1/connect', { provider: 'acme', owner: 'owner-1' }, write],
    ['POST', `/v1/connect/${flow}/accounts`, { account_ids: ['x'] }, write],
    ['PATCH', path, {}, write],
    ['POST', `${path}/refresh`, undefined, write],
    ['POST', '/v1/connections/import', { provider: 'acme', owner: 'owner-1', access_token: 'x' }, write],
    ['GET', '/v1/providers', undefined, read],
    ['GET', '/v1/providers/acme/app', undefined, []],
    ['PUT', '/v1/providers/mastodon/app', { client_id: 'x' }, []],
    ['DELETE', '/v1/providers/acme/app', undefined, []],
    ['POST', '/v1/providers/mastodon/app/test', undefined, []],
    ['GET', '/v1/providers/acme', undefined, read],
    ['GET', '/v1/settings', undefined, []],
    ['GET', `${path}/api/me`, undefined, ['calls:write']],
    ['POST', `${path}/sign`, { method: 'GET', url: 'https://acme.example' }, tokens],
    ['GET', '/v1/keys', undefined, []],
    ['POST', '/v1/keys', { name: 'one', permissions: ['admin'] }, []],
    ['DELETE', '/v1/keys/key_1', undefined, []],
    ['GET', '/v1/events', undefined, ['events:read']],
    // Refused for what it asks, so that it does not go on for ever.
    ['GET', '/v1/events/stream?after=none', undefined, ['events:read']],
    ['GET', '/v1/webhooks', undefined, []],
    ['POST', '/v1/webhooks', { url: 'https://10.0.0.1/' }, []],
    ['GET', '/v1/webhooks/whk_1', undefined, []],
    ['PATCH', '/v1/webhooks/whk_1', {}, []],
    ['POST', '/v1/webhooks/whk_1/rotate-secret', undefined, []],
    ['GET', '/v1/webhooks/whk_1/deliveries', undefined, []],
    ['POST', '/v1/webhooks/whk_1/deliveries/dlv_1/replay', undefined, []],
    ['POST', '/v1/webhooks/whk_1/replay', { status: 'failed' }, []],
    ['POST', '/v1/webhooks/whk_1/test', undefined, []],
    ['DELETE', '/v1/webhooks/whk_1', undefined, []],
    ['DELETE', path, undefined, write],
  ];
};

const ofOwner = async (harness: Harness, owner: string, account: string) => {
  const { connection, flow } = await harness.connect({ owner }, { account });
  return { id: connection.id, flow: flow.id };
};

describe('permissions of keys', () => {
  it.each(permissions)('%s opens its routes and no others', async (permission) => {
    await using harness = await startHarness();
    const { id, flow } = await ofOwner(harness, 'owner-1', 'alice');
    const key = await addKey(harness, [permission]);
    for (const [method, path, json, openedBy] of routesOf(id, flow)) {
      const opens = permission === 'admin' || openedBy.includes(permission);
      const { status, data } = await harness.api(method, path, { key, json });
      const route = `${method} ${path}`;
      if (opens) expect({ route, allowed: status !== 401 && status !== 403 }).toEqual({ route, allowed: true });
      else expect({ route, status, data }).toMatchObject({ route, status: 403, data: { code: 'permission_denied' } });
    }
  });

  it('a key without any opens nothing, and several add up', async () => {
    await using harness = await startHarness();
    const { id, flow } = await ofOwner(harness, 'owner-1', 'alice');
    const none = await addKey(harness, []);
    for (const [method, path, json] of routesOf(id, flow)) {
      expect(await harness.api(method, path, { key: none, json })).toMatchObject({ status: 403 });
    }
    const both = await addKey(harness, ['connections:read', 'tokens:read']);
    expect(await harness.api('GET', `/v1/connections/${id}`, { key: both })).toMatchObject({ status: 200 });
    expect(await harness.api('GET', `/v1/connections/${id}/token`, { key: both })).toMatchObject({ status: 200 });
  });

  it('A10 a key that was revoked opens nothing any more', async () => {
    await using harness = await startHarness();
    const key = await addKey(harness, ['admin']);
    expect(await harness.api('GET', '/v1/connections', { key })).toMatchObject({ status: 200 });
    harness.sql((database) => database.prepare('update api_keys set revoked_at = 1').run());
    expect(await harness.api('GET', '/v1/connections', { key })).toMatchObject({ status: 401 });
  });
});

describe('keys that are bound to an owner', () => {
  it('A02 what belongs to another owner does not exist', async () => {
    await using harness = await startHarness();
    const own = await ofOwner(harness, 'owner-1', 'alice');
    const foreign = await ofOwner(harness, 'owner-2', 'bob');
    for (const granted of [['admin'], [...permissions]] as Permission[][]) {
      const key = await addKey(harness, granted, { owner: 'owner-1' });
      const absent = routesOf('conn_absent', 'flow_absent');
      for (const [index, [method, path, json]] of routesOf(foreign.id, foreign.flow).entries()) {
        if (!path.includes(foreign.id) && !path.includes(foreign.flow)) continue;
        const answer = await harness.api(method, path, { key, json });
        const missing = await harness.api(method, absent[index]?.[1] ?? '', { key, json });
        expect({ path, status: answer.status }).toEqual({ path, status: 404 });
        expect(missing.status).toBe(404);
        const { code, title, actor } = answer.data as Record<string, unknown>;
        expect(missing.data).toMatchObject({ code, title, actor });
        expect(answer.body).not.toMatch(/owner-2|bob/i);
      }
      expect(await harness.api('GET', `/v1/connections/${own.id}`, { key })).toMatchObject({ status: 200 });
      expect(await harness.api('GET', `/v1/connections/${own.id}/token`, { key })).toMatchObject({ status: 200 });
      expect(await harness.api('GET', `/v1/connect/${own.flow}`, { key })).toMatchObject({ status: 200 });
    }
    expect(await harness.connection(foreign.id)).toMatchObject({ status: 200, data: { status: 'active' } });
    expect(harness.stub.renewals()).toEqual([]);
  });

  it('A02 lists show the own ones, whatever is asked for', async () => {
    await using harness = await startHarness();
    const own = await ofOwner(harness, 'owner-1', 'alice');
    await ofOwner(harness, 'owner-2', 'bob');
    const key = await addKey(harness, ['connections:read'], { owner: 'owner-1' });
    const list = async (query: string) => {
      const { data } = await harness.api<{ data: { id: string }[] }>('GET', `/v1/connections${query}`, { key });
      return data.data.map(({ id }) => id);
    };
    expect(await list('')).toEqual([own.id]);
    expect(await list('?owner=owner-1')).toEqual([own.id]);
    expect(await list('?q=alice')).toEqual([own.id]);
    for (const query of ['?owner=owner-2', '?q=bob', '?q=owner-2', '?owner=owner-2&q=bob']) {
      expect(await list(query)).toEqual([]);
    }
  });

  it('A02 webhooks concern every owner, so that they are not theirs', async () => {
    await using harness = await startHarness();
    const key = await addKey(harness, ['admin'], { owner: 'owner-1' });
    const ofWebhooks = routesOf('', '').filter(([, path]) => path.startsWith('/v1/webhooks'));
    expect(ofWebhooks).toHaveLength(10);
    for (const [method, path, json] of ofWebhooks) {
      expect(await harness.api(method, path, { key, json })).toMatchObject({
        status: 403,
        data: { code: 'permission_denied' },
      });
    }
  });

  it('A02 connecting for another owner, or taking over its connection, is refused', async () => {
    await using harness = await startHarness();
    const foreign = await ofOwner(harness, 'owner-2', 'bob');
    const key = await addKey(harness, ['connections:write'], { owner: 'owner-1' });
    const connect = (more: object) => harness.api('POST', '/v1/connect', { key, json: { provider: 'acme', ...more } });
    expect(await connect({ owner: 'owner-2' })).toMatchObject({ status: 403, data: { code: 'permission_denied' } });
    expect(await connect({ owner: 'owner-1', connection_id: foreign.id })).toMatchObject({
      status: 404,
      data: { code: 'connection_not_found' },
    });
    expect(await connect({ owner: 'owner-1' })).toMatchObject({ status: 201 });
  });

  itKeepsSecrets();
});

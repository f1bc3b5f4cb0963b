import { describe, expect, it } from 'vitest';
import facebook from '../../src/providers/builtin/facebook.ts';
import { type ConnectionBody, itKeepsSecrets } from '../security/support.ts';
import { startPlatform } from './support.ts';

const graph = 'https://graph.facebook.com/v26.0';
const token = `${graph}/oauth/access_token`;

const page = (id: string) => ({ id, name: `Page ${id}`, access_token: `AT_OF_${id}`, tasks: ['CREATE_CONTENT'] });

/** The login of somebody with two pages, both connected. */
const startWithPages = async () => {
  const platform = await startPlatform('facebook');
  platform.answer('GET', `${graph}/me/accounts`, { status: 200, body: { data: [page('p1'), page('p2')] } });
  const granted = facebook.scopes.required.map((permission) => ({ permission, status: 'granted' }));
  platform.answer('GET', `${graph}/me/permissions`, { status: 200, body: { data: granted } });
  platform.answer('POST', token, ({ form }) => ({
    status: 200,
    body: { access_token: form['grant_type'] ? 'LONG' : 'SHORT', token_type: 'bearer', expires_in: 5_183_944 },
  }));
  const { flow } = await platform.connect();
  const chosen = await platform.choose(flow, 'p1', 'p2');
  const connections = chosen.connections.toSorted((one, other) => one.account.id.localeCompare(other.account.id));
  return { platform, connections, [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose]() };
};

describe('the pages of one Facebook login', () => {
  it('stop together when the login has ended, are told so once each, and one reconnect mends them all', async () => {
    await using started = await startWithPages();
    const { platform, connections } = started;
    const { harness } = platform;
    const [first, second] = connections as [ConnectionBody, ConnectionBody];
    expect((await harness.token(second.id)).data).toMatchObject({ access_token: 'AT_OF_p2', expires_at: null });

    const changed = { message: 'Error validating access token', type: 'OAuthException', code: 190, error_subcode: 460 };
    platform.answer('POST', token, { status: 400, body: { error: changed } });
    await harness.api('POST', `/v1/connections/${first.id}/refresh`);
    for (const { id } of connections) {
      const read = await harness.token(id);
      expect(read).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
      expect(read.body).toContain('reconnecting one of its accounts mends them all');
      const types = (await harness.events(id)).map(({ type }) => type);
      expect(types.filter((type) => type === 'connection.reauth_required')).toHaveLength(1);
    }

    platform.answer('POST', token, {
      status: 200,
      body: { access_token: 'LONG2', token_type: 'bearer', expires_in: 5_183_944 },
    });
    await platform.connect({ connection_id: second.id });
    for (const [id, accessToken] of [
      [first.id, 'AT_OF_p1'],
      [second.id, 'AT_OF_p2'],
    ] as const) {
      expect((await harness.connection(id)).data.status).toBe('active');
      expect((await harness.token(id)).data.access_token).toBe(accessToken);
    }
  });

  it('stop one by one when a role on one is lost', async () => {
    await using started = await startWithPages();
    const { platform, connections } = started;
    const { harness } = platform;
    const [first, second] = connections as [ConnectionBody, ConnectionBody];
    const lost = { message: 'No role', type: 'OAuthException', code: 190, error_subcode: 492 };
    platform.answer('GET', `${graph}/p1/feed`, { status: 400, body: { error: lost } });
    await harness.api('GET', `/v1/connections/${first.id}/api/p1/feed`);
    const read = await harness.token(first.id);
    expect(read).toMatchObject({ status: 409 });
    expect(read.body).not.toContain('mends them all');
    expect((await harness.token(second.id)).data.access_token).toBe('AT_OF_p2');
  });

  itKeepsSecrets();
});

import { describe, expect, it } from 'vitest';
import { createGetJson } from '../protocols/get-json.ts';
import { appOf, definitionOf, json, type Scripted, scripted } from '../protocols/oauth2/test-support.ts';
import type { Profile, ProviderDefinition } from '../providers/define.ts';
import { identify } from './identify.ts';

const profile: Profile = {
  get: 'https://api.acme.example/users?id={extra.user}',
  map: { id: 'team', name: 'name' },
  otherwise: { code: 'missing_scope', get: 'https://api.acme.example/test', map: { id: 'team_id', name: 'title' } },
};

const ask = async (how: Profile, extra: Record<string, string>, ...answers: Scripted[]) => {
  const { egress, clock, protocol, sent } = scripted(...answers);
  const handleErrors = [{ phase: 'api' as const, code: 'missing_scope', is: 'missing-scope' as const }];
  const api = { baseUrl: 'https://api.acme.example' };
  const app = appOf(definitionOf({}, { profile: how, handleErrors, api }));
  const getJson = createGetJson(egress, clock, () => protocol);
  const tokens = { accessToken: 'AT', scopes: null, extra };
  const result = await identify(getJson, app, tokens).catch((error) => error);
  return { result, asked: sent.map(({ url }) => url.replace(api.baseUrl, '')) };
};

describe('the profile', () => {
  it('is asked for with facts of the token answer', async () => {
    const { result, asked } = await ask(profile, { user: 'U 1' }, json(200, { team: 'T1', name: 'Bot' }));
    expect(result.person).toMatchObject({ id: 'T1', name: 'Bot' });
    expect(asked).toEqual(['/users?id=U%201']);
  });

  it('is asked for in the other way when it is refused for want of a scope', async () => {
    const refused = json(403, { error: 'missing_scope' });
    const other = json(200, { team_id: 'T1', title: 'Team' });
    const { result, asked } = await ask(profile, { user: 'U1' }, refused, other);
    expect(result.person).toMatchObject({ id: 'T1', name: 'Team' });
    expect(asked).toEqual(['/users?id=U1', '/test']);
  });

  it('is asked for in the other way when a fact is not there, as with an imported token', async () => {
    const { result, asked } = await ask(profile, {}, json(200, { team_id: 'T1', title: 'Team' }));
    expect(result.person).toMatchObject({ id: 'T1', name: 'Team' });
    expect(asked).toEqual(['/test']);
  });

  it('comes from the facts of the token answer where there is no other address', async () => {
    const how = { ...profile, otherwise: { code: 'missing_scope', map: { id: 'site', name: null } } };
    const { result, asked } = await ask(how, { site: '7' });
    expect(result.person).toMatchObject({ id: '7', name: null });
    expect(asked).toEqual([]);
  });

  it('is not replaced when it fails for another reason', async () => {
    const { result, asked } = await ask(profile, { user: 'U1' }, json(503, { error: 'missing' }));
    expect(result).toMatchObject({ code: 'provider_unavailable' });
    expect(asked).toEqual(['/users?id=U1']);
  });

  it('may need the other way because the platform has no such profile, which a rule names', async () => {
    const handleErrors = [{ status: 404, is: 'bad-body' as const, error: 'account_type_unsupported' as const }];
    const map = { id: 'member.id' };
    const otherwise = { code: 'account_type_unsupported', get: `${api}/member`, map, type: 'organization' as const };
    const how = { handleErrors, profile: { get: `${api}/me`, map: { id: 'id' }, otherwise } };
    const none = json(404, {});
    const member = await run(how, [none, json(200, { member: { id: 'm-1' } })]);
    expect(member.result.person).toMatchObject({ id: 'm-1', type: 'organization' });
    expect((await run(how, [none, none])).result).toMatchObject({ code: 'account_type_unsupported' });
    expect((await run(how, [none, json(403, {})])).result).toMatchObject({ code: 'account_type_unsupported' });
    expect((await run(how, [none, json(503, {})])).result).toMatchObject({ code: 'provider_unavailable' });
  });

  it('is asked for by POST where the platform wants that', async () => {
    const { sent } = await run({ profile: { get: `${api}/me`, post: { t: '{accessToken}' }, map: { id: 'id' } } }, [
      me,
    ]);
    expect(sent[0]).toMatchObject({ method: 'POST', url: `${api}/me`, body: 't=AT' });
  });

  it('may have an id that only the token answer told', async () => {
    const map = (answer: { name: string }, extra: Readonly<Record<string, string>>) => ({
      id: extra['openId']!,
      name: answer.name,
    });
    const { result } = await run({ profile: { get: `${api}/me`, map } }, [me], { extra: { openId: 'o-1' } });
    expect(result.person).toMatchObject({ id: 'o-1', name: 'Ada' });
  });
});

const api = 'https://api.acme.example';
const me = json(200, { id: 7, name: 'Ada' });

/** Identifies at a platform that gives these answers in turn. */
const run = async (
  more: Partial<ProviderDefinition>,
  answers: Scripted[],
  { scopes = null, extra = {} }: { scopes?: string[] | null; extra?: Record<string, string> } = {},
) => {
  const { egress, clock, protocol, sent } = scripted(...answers);
  const app = appOf(definitionOf({}, { profile: { get: `${api}/me`, map: { id: 'id' } }, ...more }));
  const getJson = createGetJson(egress, clock, () => protocol);
  const tokens = { accessToken: 'AT', scopes, extra };
  return { result: await identify(getJson, app, tokens).catch((error) => error), sent };
};

describe('granted scopes', () => {
  const asking = (optional?: boolean) => ({
    scopes: { required: ['read'], grantedFrom: { get: `${api}/scopes`, items: 'data', scope: '', optional } },
  });

  it('are what the endpoint lists', async () => {
    const { result } = await run(asking(), [json(200, { data: ['read', 'write'] }), me]);
    expect(result).toMatchObject({ grantedScopes: ['read', 'write'] });
  });

  it('are unknown where the list is missing, and none where it is empty', async () => {
    expect((await run(asking(), [json(200, {}), me])).result).toMatchObject({ grantedScopes: null });
    expect((await run(asking(), [json(200, { data: [] }), me])).result).toMatchObject({ grantedScopes: [] });
  });

  it('are unknown where the endpoint may refuse and does, but not while it has trouble', async () => {
    expect((await run(asking(true), [json(403, {}), me])).result).toMatchObject({ grantedScopes: null });
    expect((await run(asking(), [json(403, {}), me])).result).toMatchObject({ code: 'provider_bad_response' });
    expect((await run(asking(true), [json(503, {}), me])).result).toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('accounts', () => {
  it('leave out what the definition skips', async () => {
    const accounts = {
      get: `${api}/pages`,
      items: 'data',
      map: { id: 'shop.id' },
      type: 'page' as const,
      skip: (item: { shop?: object }) => !item.shop,
    };
    const { result } = await run({ accounts }, [me, json(200, { data: [{ name: 'none' }, { shop: { id: 's-1' } }] })]);
    expect(result.accounts).toMatchObject([{ id: 's-1', type: 'page' }]);
  });

  it('may depend on what was granted', async () => {
    const accounts: ProviderDefinition['accounts'] = async ({ grantedScopes, profile: person }) =>
      grantedScopes?.includes('pages') ? [] : [person];
    expect((await run({ accounts }, [me], { scopes: ['read'] })).result.accounts).toMatchObject([{ id: '7' }]);
    const none = await run({ accounts }, [me], { scopes: ['pages'] });
    expect(none.result).toMatchObject({ code: 'account_type_unsupported' });
  });

  it('of a hook are checked like all that comes from a platform', async () => {
    const withPicture = (picture: string) => async () => [
      { id: 7 as unknown as string, type: 'page' as const, picture, url: 'javascript:alert(1)', token: 'PAGE_AT' },
    ];
    const { result } = await run({ accounts: withPicture('https://cdn.example/a.png') }, [me]);
    expect(result.accounts).toEqual([
      {
        id: '7',
        type: 'page',
        name: null,
        username: null,
        picture: 'https://cdn.example/a.png',
        url: null,
        token: 'PAGE_AT',
      },
    ]);
    const other = await run({ accounts: withPicture('data:text/html,<script>') }, [me]);
    expect(other.result.accounts[0].picture).toBeNull();
    const nameless = await run({ accounts: async () => [{ id: '' }] }, [me]);
    expect(nameless.result).toMatchObject({ code: 'provider_bad_response' });
  });

  it('of a hook that trips over an answer are told as it tripped, and of a call that failed as the call did', async () => {
    const accounts: ProviderDefinition['accounts'] = async ({ getJson }) => {
      const { list } = (await getJson(`${api}/list`)) as { list: { id: string }[] };
      return list.map(({ id }) => ({ id }));
    };
    expect((await run({ accounts }, [me, json(200, {})])).result).toBeInstanceOf(TypeError);
    expect((await run({ accounts }, [me, json(503, {})])).result).toMatchObject({ code: 'provider_unavailable' });
  });
});

import { describe, expect, it } from 'vitest';
import { createGetJson } from '../protocols/get-json.ts';
import { appOf, definitionOf, json, type Scripted, scripted } from '../protocols/oauth2/test-support.ts';
import type { Profile } from '../providers/define.ts';
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
});

import { describe, expect, it } from 'vitest';
import facebook from './builtin/facebook.ts';
import googleBusiness from './builtin/google-business.ts';
import linkedin from './builtin/linkedin.ts';
import linkedinPage from './builtin/linkedin-page.ts';
import youtube from './builtin/youtube.ts';
import type { AnyDefinition } from './define.ts';
import { oddsText, providersAtOdds, sameScopes, shareApp } from './sharing.ts';

const app = (definition: AnyDefinition, clientId: string | null = 'app-1', scopes = definition.scopes.required) => ({
  definition,
  clientId,
  scopes,
});

describe('one app at a platform', () => {
  it('is used by products with the same client id and the same authorization server', () => {
    expect(shareApp(app(youtube), app(googleBusiness))).toBe(true);
    expect(shareApp(app(youtube), app(googleBusiness, 'app-2'))).toBe(false);
    expect(shareApp(app(youtube), app(linkedin))).toBe(false);
    expect(shareApp(app(linkedin, null), app(linkedinPage, null))).toBe(false);
  });

  it('stays one where a setting changes a version, and another where a person names the host', () => {
    const newer = { ...facebook, id: 'facebook-2', options: { graphVersion: 'v99.0' } };
    expect(shareApp(app(facebook), app(newer))).toBe(true);
    const tokenEndpoint = 'https://{instance}/oauth/token';
    const at = (id: string) => ({ ...youtube, id, protocol: { ...youtube.protocol, tokenEndpoint } });
    expect(shareApp(app(at('one')), app(youtube))).toBe(false);
  });
});

describe('providers at odds', () => {
  it('share an app and ask for different scopes where each login ends the other', () => {
    const pairs = providersAtOdds([app(linkedin), app(youtube), app(googleBusiness), app(linkedinPage)]);
    expect(pairs.map((pair) => pair.map(({ definition }) => definition.id))).toEqual([['linkedin', 'linkedin-page']]);
    expect(oddsText(pairs[0]!)).toMatch(/^linkedin and linkedin-page use one app/);
  });

  it('are none with an app each, or with the same scopes in any order', () => {
    expect(providersAtOdds([app(linkedin), app(linkedinPage, 'app-2')])).toEqual([]);
    const union = [...linkedin.scopes.required, ...linkedinPage.scopes.required];
    expect(providersAtOdds([app(linkedin, 'app-1', union), app(linkedinPage, 'app-1', union.toReversed())])).toEqual(
      [],
    );
  });
});

describe('scopes', () => {
  it.each([
    [['a', 'b'], ['b', 'a', 'a'], true],
    [['a'], ['a', 'b'], false],
    [['a', 'c'], ['a', 'b'], false],
    [[], [], true],
  ])('%j and %j are the same: %j', (one, other, same) => {
    expect(sameScopes(one, other)).toBe(same);
  });
});

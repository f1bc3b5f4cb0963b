import { describe, expect, it } from 'vitest';
import { defineProvider, oauth2 } from '../../providers/define.ts';
import { checkDefinition, leftPlaceholder } from './definition.ts';

const sound = defineProvider({
  id: 'acme',
  name: 'Acme',
  protocol: oauth2({
    authorizationEndpoint: 'https://{instance}/authorize',
    tokenEndpoint: 'https://id.acme.example/{version}/token',
    tokenResponse: { keep: { site: 'blog_url' } },
  }),
  scopes: { required: ['read'], facts: { read: { permits: 'Read posts' } } },
  profile: {
    get: 'https://api.acme.example/{extra.site}/me?fields={fields}',
    map: { id: 'id' },
    variables: () => ({ fields: 'id' }),
  },
  api: { baseUrl: 'https://api.acme.example', headers: { 'Client-Id': '{clientId}' } },
  options: { version: 'v1' },
  instance: { label: 'Host', placeholder: 'acme.example' },
  setup: { console: 'https://acme.example/apps', steps: ['Create an app.'] },
  facts: { date: '2026-11-23', sources: ['docs.acme.example'] },
});

describe('checkDefinition', () => {
  it('finds nothing wrong with a sound definition', () => {
    expect(checkDefinition(sound)).toEqual([]);
  });

  it.each([
    ['a plain http endpoint', { profile: { ...sound.profile, get: 'http://api.acme.example/me' } }, /must be https/],
    ['an unknown placeholder', { options: {} }, /\{version\}, for which there is no value/],
    [
      '{accessToken} anywhere but in grantedFrom',
      { api: { baseUrl: 'https://a.example/{accessToken}' } },
      /\{accessToken\}/,
    ],
    ['a scope without a word about it', { scopes: { required: ['write'] } }, /what write permits/],
    [
      'a scope that is the alias of another',
      { scopes: { required: ['read'], facts: { read: { permits: 'x' }, r: { aliases: ['read'] } } } },
      /asked for as r/,
    ],
    ['a state that is cut', { protocol: { ...sound.protocol, stateMaxLength: 42 } }, /43 characters/],
    ['facts without a source', { facts: { date: '2026-11-23', sources: [] } }, /sources/],
    ['facts without a date', { facts: { date: 'lately', sources: ['x'] } }, /date/],
    ['no setup', { setup: undefined }, /steps/],
    ['an id that fits no URL', { id: 'Acme Inc' }, /id/],
  ])('names %s', (_, change, sentence) => {
    const violations = checkDefinition({ ...sound, ...change });
    expect(violations).toEqual([expect.stringMatching(sentence)]);
  });
});

describe('leftPlaceholder', () => {
  it('finds what nothing has filled, not what is encoded', () => {
    expect(leftPlaceholder('https://a.example/{version}/x')).toBe('{version}');
    expect(leftPlaceholder('https://a.example/?fields=picture%7Burl%7D')).toBeUndefined();
  });
});

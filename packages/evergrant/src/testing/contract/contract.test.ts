import { describe, expect, it } from 'vitest';
import blueskyFixture from '../../providers/builtin/bluesky.fixture.ts';
import bluesky from '../../providers/builtin/bluesky.ts';
import facebookFixture from '../../providers/builtin/facebook.fixture.ts';
import facebook from '../../providers/builtin/facebook.ts';
import linkedinFixture from '../../providers/builtin/linkedin.fixture.ts';
import linkedin from '../../providers/builtin/linkedin.ts';
import xFixture from '../../providers/builtin/x.fixture.ts';
import x from '../../providers/builtin/x.ts';
import xOAuth1Fixture from '../../providers/builtin/x-oauth1.fixture.ts';
import xOAuth1 from '../../providers/builtin/x-oauth1.ts';
import type { AnyDefinition, OAuth1Protocol, ProviderDefinition } from '../../providers/define.ts';
import type { ProviderFixture } from '../../providers/fixture.ts';
import { checkProvider, providerContract } from './index.ts';

const changed = (definition: ProviderDefinition, protocol: Partial<ProviderDefinition['protocol']>) => ({
  ...definition,
  protocol: { ...definition.protocol, ...protocol },
});

const changedOAuth1 = (protocol: Partial<OAuth1Protocol>) => ({
  ...xOAuth1,
  protocol: { ...xOAuth1.protocol, ...protocol },
});

const without = (get: Record<string, unknown>, prefix: string) =>
  Object.fromEntries(Object.entries(get).filter(([url]) => !url.startsWith(prefix)));

describe('checkProvider', () => {
  it.each<[string, AnyDefinition, ProviderFixture, RegExp]>([
    [
      'an account whose documents do not lead back to it',
      bluesky,
      { ...blueskyFixture, instance: 'bob.example.com' },
      /handle bob\.example\.com/,
    ],
    [
      'a profile that is read from another place',
      { ...bluesky, profile: { ...bluesky.profile, otherwise: undefined } },
      { ...blueskyFixture, get: without(blueskyFixture.get, 'https://public.api') },
      /nothing is there to answer/,
    ],
    [
      'a server that a sample says ends the session, when it does not',
      { ...bluesky, handleErrors: [{ phase: 'refresh', code: 'invalid_grant', is: 'retry' }] },
      blueskyFixture,
      /Refresh token replayed.*ends the credential: expected true, got false$/,
    ],
    [
      'a dialect that a sample contradicts',
      { ...x, handleErrors: [] },
      xFixture,
      /^refresh 400 .*Value passed for the token.*: expected "reconnect", got "bad-body"$/,
    ],
    [
      'a reason that a sample contradicts',
      { ...bluesky, handleErrors: bluesky.handleErrors?.filter(({ reason }) => reason !== 'expired') },
      blueskyFixture,
      /Session expired.*: reason: expected "expired", got undefined$/,
    ],
    [
      'a rule for errors that no sample needs',
      { ...x, handleErrors: [...(x.handleErrors ?? []), { status: 429, is: 'rate-limit' }] },
      xFixture,
      /^handleErrors\[\d+\] \{ status: 429, is: 'rate-limit' \} changes nothing/,
    ],
    [
      'a refusal that is taken for a fault of the app',
      { ...linkedin, handleErrors: [{ phase: 'authorize', is: 'app-misconfigured' }] },
      linkedinFixture,
      /^the refusal: the callback's error: expected "consent_denied"/,
    ],
    [
      'an answer that is too odd for the declared tolerance',
      changed(linkedin, { tokenResponse: {} }),
      linkedinFixture,
      /^token_type is absent .*: expected tokens, got ambiguous/,
    ],
    [
      'scopes that are not split',
      { ...linkedin, scopes: { ...linkedin.scopes, reported: 'space' } },
      linkedinFixture,
      /^exchange: scopes: expected/,
    ],
    [
      'an upgrade that the definition does not know',
      changed(facebook, { upgrade: undefined }),
      facebookFixture,
      /^an upgrade is sent: expected true, got false$/,
    ],
    [
      'an account that is mapped to the wrong member',
      { ...x, profile: { ...x.profile, map: { id: 'data.username' } } },
      xFixture,
      /^the accounts: expected \["1234567890"\], got \["example"\]$/,
    ],
    [
      'accounts without the token that they should have',
      { ...facebook, accounts: { ...(facebook.accounts as object), token: undefined } as typeof facebook.accounts },
      facebookFixture,
      /^account 109876543210: expected .*true\], got .*false\]$/,
    ],
    [
      'a false alarm after the exchange that ends the flow',
      { ...linkedin, profile: { ...linkedin.profile, retry: { code: '65602', pausesMs: [] } } },
      { ...linkedinFixture, errors: [] },
      /no sample of 65602/,
    ],
    [
      'a URL that nothing fills',
      { ...facebook, options: {} },
      facebookFixture,
      /.*\{graphVersion\}|holds \{graphVersion\}/,
    ],
    [
      'a fixture of another provider',
      x,
      { ...xFixture, provider: 'twitter' },
      /^the provider of the fixture: expected "x", got "twitter"$/,
    ],
    [
      'a request for which the fixture has no answer',
      x,
      { ...xFixture, get: {} },
      /^nothing is there to answer GET https:\/\/api\.x\.com\/2\/users\/me/,
    ],
    [
      'a missing sample of the renewal',
      x,
      { ...xFixture, refresh: undefined },
      /^the fixture has no sample of a renewal/,
    ],
    [
      'a refusal of OAuth 1.0a that is not understood',
      changedOAuth1({ deniedParameter: 'refused' }),
      xOAuth1Fixture,
      /^the refusal: the callback's error: expected "consent_denied", got "callback_malformed"$/,
    ],
    [
      'a missing sample of a request token',
      xOAuth1,
      { ...xOAuth1Fixture, requestToken: undefined },
      /no sample of a request token/,
    ],
    [
      'a request token whose callback nobody confirmed',
      xOAuth1,
      { ...xOAuth1Fixture, requestToken: { status: 200, body: 'oauth_token=a&oauth_token_secret=b' } },
      /does not confirm the callback/,
    ],
    [
      'tokens of OAuth 1.0a that would be renewed',
      { ...xOAuth1, refresh: {} },
      xOAuth1Fixture,
      /^the fixture has no sample of a renewal/,
    ],
    [
      'a dead request token that is taken for a wrong key',
      { ...xOAuth1, handleErrors: xOAuth1.handleErrors?.filter(({ phase }) => phase !== 'exchange') },
      xOAuth1Fixture,
      /^exchange 401 "Request token missing": expected "reconnect", got "app-misconfigured"$/,
    ],
  ])('names %s', async (_, definition, fixture, sentence) => {
    const checks = providerContract(definition, fixture).filter(({ name }) => !name.startsWith('played'));
    const found = await Promise.all(checks.map((check) => check.violations()));
    expect(found.flat()).toContainEqual(expect.stringMatching(sentence));
  });

  it('names what goes wrong where it is played', async () => {
    const checks = providerContract({ ...x, handleErrors: [] }, xFixture);
    const dead = checks.find(({ name }) => name === 'played: asks the person when the grant is dead')!;
    expect(await dead.violations()).toContainEqual(
      expect.stringMatching(/after the person has withdrawn: expected "reauth_required"/),
    );
  });

  it('throws the sentences, for any test framework, and finds nothing in what is sound', async () => {
    const broken = { ...x, facts: undefined };
    const [described] = providerContract(broken, xFixture);
    await expect(described!.run()).rejects.toThrow(/^- facts must have a date/);
    expect(await checkProvider(broken, xFixture)).toContain('facts must name their sources');
    expect(await checkProvider(x, xFixture)).toEqual([]);
  });

  it('reads the page where there is one', async () => {
    const [page] = providerContract(x, xFixture, { page: '# X' }).slice(-1);
    expect(page!.name).toBe('has its page');
    expect(await page!.violations()).toContainEqual(expect.stringMatching(/^the headings of the page: expected/));
  });
});

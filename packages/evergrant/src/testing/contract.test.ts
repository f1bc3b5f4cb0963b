import { describe, expect, it } from 'vitest';
import { identify } from '../connections/identify.ts';
import { createOAuth2 } from '../protocols/oauth2/index.ts';
import facebookFixture from '../providers/builtin/facebook.fixture.ts';
import facebook from '../providers/builtin/facebook.ts';
import linkedinFixture from '../providers/builtin/linkedin.fixture.ts';
import linkedin from '../providers/builtin/linkedin.ts';
import xFixture from '../providers/builtin/x.fixture.ts';
import x from '../providers/builtin/x.ts';
import type { ProviderDefinition } from '../providers/define.ts';
import type { ProviderFixture } from '../providers/fixture.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { checkProvider } from './contract.ts';

const logger: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const check = (definition: ProviderDefinition, fixture: ProviderFixture) =>
  checkProvider(definition, fixture, {
    createProtocol: (egress) => createOAuth2(egress, { clock: systemClock, logger }),
    identify,
  });

const changed = (definition: ProviderDefinition, protocol: Partial<ProviderDefinition['protocol']>) => ({
  ...definition,
  protocol: { ...definition.protocol, ...protocol },
});

describe('checkProvider', () => {
  it.each<[string, ProviderDefinition, ProviderFixture, RegExp]>([
    [
      'a dialect that a sample contradicts',
      { ...x, handleErrors: [] },
      xFixture,
      /^refresh 400 .*Value passed for the token.*: expected "reconnect", got "bad-body"$/,
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
      /^connect: .*\{graphVersion\}|holds \{graphVersion\}/,
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
      /^refresh.supported, without a sample of a renewal/,
    ],
  ])('names %s', async (_, definition, fixture, sentence) => {
    expect(await check(definition, fixture)).toContainEqual(expect.stringMatching(sentence));
  });
});

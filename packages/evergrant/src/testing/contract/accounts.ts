import { identify } from '../../connections/identify.ts';
import { classify } from '../../protocols/errors.ts';
import type { TokenSet } from '../../protocols/types.ts';
import type { Account } from '../../providers/define.ts';
import type { FixtureAnswer } from '../../providers/fixture.ts';
import { connectForMore, tokenSecret } from './connect.ts';
import { sorted } from './findings.ts';
import { compareRequest } from './requests.ts';
import type { Scene } from './scene.ts';
import { checkSignature } from './signature.ts';

/** Who the person is, which accounts there are, and what was granted. */
export const findAccounts = async (scene: Scene): Promise<void> => {
  const tokens = await connectForMore(scene);
  if (!tokens) return;
  const { fixture, platform, findings } = scene;
  const before = platform.sent.length;
  platform.script(...falseAlarms(scene));
  const { accounts, grantedScopes } = await identifyBy(scene, tokens);
  const { accessToken } = tokens;
  compareRequest(scene, 'the first request with the token', platform.sent[before], fixture.requests?.profile, {
    accessToken,
  });
  checkSignature(scene, 'the request of an account', tokenSecret(tokens));
  compareAccounts(scene, accounts);
  if (fixture.grantedScopes)
    findings.expect('the granted scopes', sorted(grantedScopes), sorted(fixture.grantedScopes));
};

export const identifyBy = ({ app, speech }: Scene, tokens: TokenSet) =>
  identify(speech.getJson, app, tokens, async () => {});

const compareAccounts = ({ fixture: { accounts: expected }, findings }: Scene, accounts: Account[]): void => {
  const idsOf = (list: { id: string }[]) => list.map(({ id }) => id);
  findings.expect('the accounts', idsOf(accounts), idsOf(expected));
  for (const [index, { id, type, name, username, picture, ownToken, url }] of expected.entries()) {
    const account = accounts[index];
    findings.expect(
      `account ${id}`,
      [account?.type, account?.name, account?.username, account?.picture, account?.token !== undefined],
      [type, name, username, picture, ownToken],
    );
    if (url !== undefined) findings.expect(`account ${id}: url`, account?.url, url);
  }
};

/** What the first profile calls answer where the platform is known to refuse a brand-new token. */
const falseAlarms = ({ definition, fixture, findings }: Scene): FixtureAnswer[] => {
  const { retry } = definition.profile;
  if (!retry) return [];
  const alarm = fixture.errors.find(
    (sample) => sample.phase === 'api' && classify(definition, 'api', sample)?.code === retry.code,
  );
  if (!alarm) findings.say(`the fixture has no sample of ${retry.code}, which profile.retry names`);
  return alarm ? retry.pausesMs.map(() => alarm) : [];
};

import type { AnyDefinition } from '../packages/evergrant/src/providers/define.ts';
import type { ProviderFixture } from '../packages/evergrant/src/providers/fixture.ts';
import { cell } from './markdown.ts';

/*
 * The built-in platforms beside each other, as their definitions declare them. Lives of tokens and kinds of accounts are
 * those of the fixtures: what the platform sent when it was looked at.
 */

interface Platform {
  definition: AnyDefinition;
  fixture: ProviderFixture;
}

const protocols = { oauth2: 'OAuth 2.0', oauth1: 'OAuth 1.0a', atproto: 'AT Protocol' } as const;

const pkce = ({ protocol }: AnyDefinition): string => {
  if (protocol.kind === 'oauth1') return '–';
  return protocol.kind === 'atproto' ? 'S256' : protocol.pkce === 'none' ? 'no' : (protocol.pkce ?? 'S256');
};

const units: [string, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** In the largest unit of which it is about one, or at least two. */
const life = (seconds: number | null | undefined): string => {
  if (seconds == null) return 'no end';
  const [unit, size] = units.find(([, length]) => seconds >= 1.9 * length || Math.abs(seconds / length - 1) < 0.01)!;
  const count = Math.round(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

const renewsByItself = ({ protocol }: AnyDefinition): boolean =>
  protocol.kind === 'oauth2' && protocol.refreshRequest?.credential === 'access_token';

const givesRefreshToken = ({ expected, variants = [] }: ProviderFixture): 'always' | 'some' | 'never' => {
  if (expected.refreshToken) return 'always';
  return variants.some((variant) => variant.expected.refreshToken) ? 'some' : 'never';
};

const renewal = ({ definition, fixture }: Platform): string => {
  const { minimumAgeSeconds, lifetime, supported, policy } = definition.refresh ?? {};
  const given = givesRefreshToken(fixture);
  const isNone = supported === false || (given === 'never' && !renewsByItself(definition));
  if (isNone) return fixture.expected.expiresIn === null ? 'none needed' : 'none';
  const refreshLife = fixture.expected.refreshExpiresIn ?? (lifetime && Object.values(lifetime)[0]);
  const notes = [
    given === 'some' && !renewsByItself(definition) ? 'where the app has it' : '',
    minimumAgeSeconds ? `not before ${life(minimumAgeSeconds)}` : '',
    !renewsByItself(definition) && refreshLife
      ? `lives ${life(refreshLife)}${lifetime && 'fixed' in lifetime ? ' from the login on' : ''}`
      : '',
    policy && policy !== 'eager' ? `policy \`${policy}\`` : '',
    definition.validation ? `validated every ${life(definition.validation.everySeconds).replace(/^1 /, '')}` : '',
  ].filter(Boolean);
  const means = renewsByItself(definition) ? 'the token renews itself' : 'refresh token';
  return notes.length === 0 ? means : `${means} (${notes.join('; ')})`;
};

const rotation = ({ definition, fixture }: Platform): string => {
  if (renewal({ definition, fixture }).startsWith('none')) return '–';
  const { rotates = 'sometimes', reuseRevokes = true, graceSeconds = 0 } = definition.refresh ?? {};
  if (rotates === 'never') return 'never';
  if (!reuseRevokes) return `${rotates}, reuse is harmless`;
  return graceSeconds > 0 ? `${rotates}, ${graceSeconds} s of grace` : `${rotates}, strict`;
};

const accounts = ({ definition, fixture }: Platform): string => {
  const types = [...new Set(fixture.accounts.map(({ type }) => type))].join(', ');
  if (!definition.accounts) return types;
  const own = fixture.accounts.some(({ ownToken }) => ownToken) ? ', each with its own token' : '';
  return fixture.accounts.length > 1 ? `${types}s to choose from${own}` : `the ${types} of the login${own}`;
};

const revocation = ({ protocol, revocationEnds }: AnyDefinition): string => {
  const isNone =
    (protocol.kind === 'oauth2' && protocol.revocation === 'none') ||
    (protocol.kind === 'oauth1' && protocol.revocationEndpoint === undefined);
  if (isNone) return 'there is none';
  if (revocationEnds === undefined) return 'nobody knows';
  return revocationEnds === 'token' ? 'that grant' : 'everything of the person';
};

const consent = ({ consentEnds }: AnyDefinition): string => {
  if (consentEnds === undefined) return 'nothing';
  if (consentEnds === 'other-scopes') return 'those with other scopes';
  return `the oldest of ${consentEnds.beyond + 1}${consentEnds.ofSameScopes ? ' with the same scopes' : ''}`;
};

const confidence = ({ facts }: AnyDefinition): string => {
  const open = facts?.unconfirmed?.length ?? 0;
  return `${facts?.confidence ?? 'not stated'}, ${open === 0 ? 'nothing' : open} open`;
};

const columns: [string, (platform: Platform) => string][] = [
  ['platform', ({ definition: { id, name } }) => `[${name}](providers/${id}.md)`],
  ['protocol', ({ definition: { protocol } }) => protocols[protocol.kind]],
  ['PKCE', ({ definition }) => pkce(definition)],
  ['token lives', ({ fixture }) => life(fixture.expected.expiresIn)],
  ['renewal', renewal],
  ['rotation', rotation],
  ['accounts', accounts],
  ['a revocation ends', ({ definition }) => revocation(definition)],
  ['a new login ends', ({ definition }) => consent(definition)],
  ['confidence', ({ definition }) => confidence(definition)],
];

/** The page `docs/platforms.md`. */
export const platformsPage = (
  definitions: Record<string, AnyDefinition>,
  fixtures: Record<string, ProviderFixture>,
): string => {
  const platforms = Object.values(definitions).map((definition) => ({ definition, fixture: fixtures[definition.id]! }));
  const row = (cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return `<!-- Generated by \`npm run generate\` from the definitions and fixtures of packages/evergrant/src/providers/builtin; changes made here are lost. -->

# Platforms

The ${platforms.length} built-in platforms, as their [definitions](providers/README.md) declare them. What a platform says in its answers counts more than what stands here: lives are read from each answer.

${[
  row(columns.map(([title]) => title)),
  row(columns.map(() => '---')),
  ...platforms.map((platform) => row(columns.map(([, of]) => of(platform)))),
].join('\n')}

- **PKCE**: \`no\` where the platform refuses a verifier, or nobody knows what it does with one; \`state\` and the bound browser protect the flow there.
- **Token lives**: of the access token, in the sample of the fixture. *No end*: until somebody revokes it.
- **Rotation**: whether a renewal brings a new refresh token. *Strict*: a second use of the old one may end the grant, and a lost answer cannot be asked for again.
- **A revocation ends**: where it is everything of the person, or nobody knows, nothing is revoked while another connection of theirs lives.
- **Confidence**: nothing here was tried against the live platforms. *High*: official documentation or the server's source says everything that a connection lives by. *Medium*: what some errors look like, or how a token ends, is known from others' code or one source alone. *Low*: much of it is. The number counts the points under "What is unconfirmed" on the platform's page; there every documented shape is read.
`;
};

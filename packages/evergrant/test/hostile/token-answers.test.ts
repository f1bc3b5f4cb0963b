import { describe, expect, it } from 'vitest';
import table from '../../src/protocols/oauth2/token-answers.json' with { type: 'json' };
import { type ConnectionBody, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

interface Case {
  name: string;
  status: number;
  headers: Record<string, string>;
  body: string;
  outcome: string;
  needs?: string;
  error?: string;
}

const cases = table.cases as Case[];

/** What a definition declares so that an answer of the table is read. */
const declarations: Record<string, object> = {
  'declared token type': { protocol: { tokenResponse: { tokenType: 'Bearer' } } },
  'lenient expiry': { protocol: { tokenResponse: { lenientExpiry: true } } },
  'lenient scope': { protocol: { tokenResponse: { lenientScope: true } } },
  'lenient refresh token': { protocol: { tokenResponse: { lenientRefreshToken: true } } },
  'scope separator': { scopes: { reported: 'comma' } },
  'scope as array': { protocol: { tokenResponse: { scopeList: true } } },
  'error under 200': { protocol: { tokenResponse: { errorsUnder200: true } } },
  'form answers': { protocol: { tokenResponse: { form: true } }, scopes: { reported: 'comma' } },
  '201 is success': { protocol: { tokenResponse: { created: true } } },
  'unwrap data': { protocol: { tokenResponse: { unwrap: 'data' } } },
  'unwrap data.0': { protocol: { tokenResponse: { unwrap: 'data.0' } } },
  'error path': { protocol: { errors: { code: ['error.code', 'error_type'], subcode: 'error.error_subcode' } } },
  'ID tokens dropped on refresh': {},
};

const slug = (needs: string): string => needs.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
const providers = Object.keys(declarations).map(slug);

const scopes = { required: ['a', 'b'] };

/** Every provider of its own accord strict, until {@link declare} says otherwise. */
const start = () =>
  startHarness({
    providers,
    config: { providers: Object.fromEntries(['acme', ...providers].map((id) => [id, { definition: { scopes } }])) },
  });

const declare = (harness: Harness) =>
  harness.restart({
    providers: Object.fromEntries(
      Object.entries(declarations).map(([needs, definition]) => [slug(needs), { definition }]),
    ),
  });

/** What an answer must lead to. */
type Fate = 'new tokens' | 'ended' | 'kept';

const fateOf = ({ outcome, error, needs }: Case, isDeclared: boolean): Fate => {
  const isRead = isDeclared || needs === undefined || needs === 'scope separator' || needs.startsWith('ID tokens');
  if (!isRead) return 'kept';
  if (outcome === 'accept') return 'new tokens';
  return error === 'invalid_grant' ? 'ended' : 'kept';
};

interface Subject extends Case {
  provider: string;
  fate: Fate;
  connection: ConnectionBody;
}

interface Renewed extends Subject {
  oldAccessToken: string;
  oldRefreshToken: string;
}

const connectFor = async (harness: Harness, answer: Case, provider: string): Promise<Subject> => {
  const { connection } = await harness.connect({ provider, owner: `${provider}: ${answer.name}` });
  return { ...answer, provider, fate: fateOf(answer, provider !== 'acme'), connection };
};

const renewWith = async (harness: Harness, subject: Subject): Promise<Renewed> => {
  const { provider, connection, status, headers, body } = subject;
  const old = await harness.token(connection.id);
  let oldRefreshToken = '';
  harness.stubs[provider]!.answerOnce('/token', (received) => {
    oldRefreshToken = received.form.get('refresh_token') ?? '';
    return { status, headers, body };
  });
  await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
  return { ...subject, oldAccessToken: old.data.access_token, oldRefreshToken };
};

const expectFate = async (harness: Harness, renewed: Renewed): Promise<void> => {
  const { name, provider, fate, connection, oldAccessToken } = renewed;
  const { data: now } = await harness.connection(connection.id);
  const token = name === 'expires_in 0' ? null : await harness.token(connection.id);
  const seen = {
    name,
    provider,
    status: now.status,
    generation: now.token.generation,
    token: token?.data.access_token,
  };
  const plain = { name, provider };
  switch (fate) {
    case 'ended':
      expect(seen).toMatchObject({ ...plain, status: 'reauth_required', generation: 1, token: undefined });
      expect(now).toMatchObject({ reason: 'revoked_or_expired', last_error: { code: 'reauth_required' } });
      return;
    case 'kept':
      expect(seen).toMatchObject({ ...plain, status: 'active', generation: 1, token: oldAccessToken });
      return;
    case 'new tokens': {
      // Commas that are not declared make one odd scope, so that the required ones seem to be missing.
      const status = name === 'scope comma string' && provider === 'acme' ? 'limited' : 'active';
      // The token that came dead is out, and the refused client of the last case keeps it from being renewed.
      const shown = name === 'expires_in 0' ? 'degraded' : status;
      expect(seen).toMatchObject({ ...plain, status: shown, generation: 2, token: token === null ? undefined : 'AT' });
    }
  }
};

/** Hours later, when nothing is in doubt any more: which refresh token is presented? */
const presentedNext = async (harness: Harness, { name, provider, connection }: Renewed): Promise<string | null> => {
  let presented: string | null = null;
  harness.stubs[provider]!.answerOnce('/token', (received) => {
    presented = received.form.get('refresh_token');
    return { body: { access_token: 'later', token_type: 'Bearer', expires_in: 3600, scope: 'a b' } };
  });
  const { status, data } = await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
  expect({ name, provider, status, data }).toMatchObject({ name, provider, status: 200 });
  return presented;
};

describe('the answers of the table, at the refresh endpoint', () => {
  it('T06 is whole', () => expect(cases).toHaveLength(41));

  it('T06 stores nothing wrong and ends a connection for invalid_grant only, declared or not', async () => {
    await using harness = await start();
    const subjects: Subject[] = [];
    // A refused client holds back all renewals of its app, so it comes last.
    for (const answer of cases.toSorted((one, other) => Number(isGate(one)) - Number(isGate(other)))) {
      subjects.push(await connectFor(harness, answer, 'acme'));
      if (answer.needs) subjects.push(await connectFor(harness, answer, slug(answer.needs)));
    }
    await declare(harness);
    const renewed: Renewed[] = [];
    for (const subject of subjects) renewed.push(await renewWith(harness, subject));
    expect(renewed.filter(({ fate }) => fate === 'ended')).toHaveLength(6);
    for (const one of renewed) await expectFate(harness, one);

    const count = (table: string) =>
      harness.sql((database) => Number(database.prepare(`select count(*) as n from ${table}`).get()?.['n']));
    expect(count('journal')).toBe(0);
    await harness.restart();
    harness.clock.advance(3 * 60 * 60_000);
    for (const one of renewed.filter(({ fate }) => fate !== 'ended')) {
      const renewedToken = one.fate === 'new tokens' && one.body.includes('"RT"');
      const plain = { name: one.name, provider: one.provider };
      expect({ ...plain, presented: await presentedNext(harness, one) }).toEqual({
        ...plain,
        presented: renewedToken ? 'RT' : one.oldRefreshToken,
      });
    }
  });

  it.each(['bearer', 'BEARER', 'Bearer'])('T06 the token type counts in any case: %s', async (type) => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/token', { body: { access_token: 'AT', token_type: type, expires_in: 60 } });
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject({ status: 200 });
    expect(await harness.token(connection.id)).toMatchObject({ data: { token_type: 'bearer', access_token: 'AT' } });
  });

  it.each(['mac', 'N_A', 'pop', 'user'])('T06 a token of an unknown type is not stored: %s', async (type) => {
    await using harness = await startHarness();
    harness.stub.answerOnce('/token', { body: { access_token: 'AT', token_type: type, expires_in: 60 } });
    const { flow } = await harness.connect();
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'provider_bad_response' } });
    expect(harness.sql((database) => database.prepare('select count(*) as n from grants').get())).toEqual({ n: 0 });
  });

  itKeepsSecrets();
});

const isGate = ({ error }: Case): boolean => error === 'invalid_client';

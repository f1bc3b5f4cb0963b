import { createHash } from 'node:crypto';
import type { EgressRequest } from '../../egress/types.ts';
import type { RequestSample } from '../../providers/fixture.ts';
import { client, type Scene, sample, state } from './scene.ts';

/** What the encoding of the body says already; of `accept` only another than the usual one is told. */
const unremarkable = ['accept', 'content-type'];
const usualAccept = 'application/json';

/**
 * Compares a request that was sent with what the fixture says that the platform must be sent.
 *
 * @param known further values and the placeholders that stand for them
 */
export const compareRequest = (
  scene: Scene,
  what: string,
  request: Pick<EgressRequest, 'method' | 'url' | 'headers' | 'body'> | undefined,
  expected: RequestSample | undefined,
  known: Record<string, string | undefined> = {},
): void => {
  const { findings } = scene;
  if (!expected) {
    findings.say(`${what}: the fixture does not say in \`requests\` what must be sent`);
    return;
  }
  if (!request) {
    findings.say(`${what}: nothing was sent`);
    return;
  }
  const sent = sampleOf(request, valuesOf(scene, known));
  findings.expect(`${what}: method and address`, [sent.method, sent.url], [expected.method ?? 'POST', expected.url]);
  for (const part of ['query', 'form', 'json', 'headers'] as const) {
    compareMembers(scene, `${what}: ${part}`, sent[part] ?? {}, expected[part] ?? {});
  }
};

const compareMembers = (
  { findings }: Scene,
  what: string,
  sent: Record<string, unknown>,
  expected: Record<string, unknown>,
): void => {
  for (const name of new Set([...Object.keys(sent), ...Object.keys(expected)])) {
    findings.expect(`${what}.${name}`, sent[name] ?? null, expected[name] ?? null);
  }
};

type Values = { value: string; placeholder: string }[];

const valuesOf = ({ app, secrets: { verifier = '' } }: Scene, known: Record<string, string | undefined>): Values => {
  const challenge = createHash('sha256').update(verifier).digest();
  const values = {
    state,
    redirectUri: app.redirectUri,
    clientId: client.id,
    clientSecret: client.secret,
    verifier,
    challenge: challenge.toString('base64url'),
    challengeHex: challenge.toString('hex'),
    accessToken: sample.accessToken,
    refreshToken: sample.refreshToken,
    ...known,
  };
  return Object.entries(values)
    .flatMap(([name, value]) => (value ? [{ value, placeholder: `{${name}}` }] : []))
    .sort((one, other) => other.value.length - one.value.length);
};

/** A request as a fixture writes it: what differs from one to the next is named by a placeholder. */
export const sampleOf = (
  { method, url, headers = {}, body = '' }: Pick<EgressRequest, 'method' | 'url' | 'headers' | 'body'>,
  values: Values,
): RequestSample & { method: string } => {
  const named = (text: string) =>
    values.reduce((left, { value, placeholder }) => left.replaceAll(value, placeholder), text);
  const all = (entries: Iterable<[string, string]>) =>
    Object.fromEntries([...entries].map(([name, value]) => [name, named(value)]));
  const { origin, pathname, searchParams } = new URL(url);
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return {
    method: method as NonNullable<RequestSample['method']>,
    url: named(origin + pathname),
    ...(searchParams.size > 0 ? { query: all(searchParams) } : {}),
    ...(body && isForm ? { form: all(new URLSearchParams(body)) } : {}),
    ...(body && !isForm ? { json: JSON.parse(named(body)) as Record<string, unknown> } : {}),
    ...remarkable(headers, named),
  };
};

const remarkable = (
  headers: Record<string, string>,
  named: (text: string) => string,
): Pick<RequestSample, 'headers'> => {
  const kept = Object.entries(headers).filter(
    ([name, value]) => !unremarkable.includes(name) || (name === 'accept' && value !== usualAccept),
  );
  if (kept.length === 0) return {};
  return { headers: Object.fromEntries(kept.map(([name, value]) => [name, named(readable(name, value))])) };
};

/** Basic in its two readings (RFC 6749 section 2.3.1 wants the parts form-encoded), and signatures without what changes. */
const readable = (name: string, value: string): string => {
  if (name !== 'authorization') return value;
  if (value.startsWith('OAuth ')) return 'OAuth {signature}';
  const [, encoded] = /^Basic (.+)$/.exec(value) ?? [];
  if (!encoded) return value;
  const pair = Buffer.from(encoded, 'base64').toString();
  if (pair === `${client.id}:${client.secret}`) return 'Basic {clientId}:{clientSecret} as they are';
  return pair === `${client.id}:${encodeURIComponent(client.secret)}` ? 'Basic {clientId}:{clientSecret}' : value;
};

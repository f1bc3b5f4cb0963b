import { type Egress, type EgressAnswer, type EgressRequest, TransportError } from '../../egress/types.ts';
import type { FixtureAnswer } from '../../providers/fixture.ts';
import { leftPlaceholder } from './definition.ts';

/** A platform without a network: it answers what it is told to, and says what was wrong with a request. */
export class ScriptedPlatform {
  /** In the order in which they came. */
  readonly sent: EgressRequest[] = [];
  /** Sentences about requests that should not have been sent like that. */
  readonly violations: string[] = [];
  readonly egress: Egress = { send: async (request) => this.#answer(request), close: async () => {} };
  readonly #get: { url: URL; answer: unknown }[];
  #next: FixtureAnswer[] = [];

  readonly #scripts: 'all' | 'POST';

  /**
   * @param get answers to reading requests by URL; of several the one with the most parameters is taken, all of which must be asked
   * @param scripts which requests get what is scripted
   */
  constructor(get: Record<string, unknown>, scripts: 'all' | 'POST' = 'all') {
    this.#scripts = scripts;
    this.#get = Object.entries(get)
      .map(([url, answer]) => ({ url: new URL(url), answer }))
      .sort((one, other) => other.url.searchParams.size - one.url.searchParams.size);
  }

  /** What comes next, whatever is asked; after that, answers to reading requests only. */
  script(...answers: FixtureAnswer[]): void {
    this.#next = answers;
  }

  /** Complains of a URL that is not https or not filled. */
  checkUrl(what: string, url: string): void {
    if (!url.startsWith('https://')) this.violations.push(`${what} is not https: ${url}`);
    this.#checkFilled(what, url);
  }

  #answer(request: EgressRequest): EgressAnswer {
    request.beforeSend?.();
    this.sent.push(request);
    this.checkUrl(`a ${request.method} request`, request.url);
    const { headers = {}, body = '' } = request;
    for (const text of [...Object.values(headers), body, ...new URLSearchParams(body).values()]) {
      this.#checkFilled(`a ${request.method} request to ${request.url}`, text);
    }
    const next = this.#scripts === 'all' || request.method === this.#scripts ? this.#next.shift() : undefined;
    if (next) return toRawAnswer(next);
    const url = new URL(request.url);
    const known = this.#get.find((candidate) => isAskedFor(candidate.url, url));
    if (known) return toRawAnswer({ status: 200, body: known.answer });
    this.violations.push(`nothing is there to answer ${request.method} ${request.url}`);
    throw new TransportError('unknown', 'nothing is there to answer');
  }

  #checkFilled(what: string, text: string): void {
    const left = leftPlaceholder(text);
    if (left) this.violations.push(`${what} still holds the placeholder ${left}`);
  }
}

/** A sample as it would come over the wire: JSON unless it is text, names of headers in lower case. */
export const toRawAnswer = ({ status, headers = {}, body }: FixtureAnswer): EgressAnswer => {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (typeof body === 'string') return { status, headers: named, body };
  return { status, headers: { 'content-type': 'application/json', ...named }, body: JSON.stringify(body) };
};

/** The same place, and every parameter that the sample's address has. */
const isAskedFor = (sample: URL, asked: URL): boolean =>
  sample.origin === asked.origin &&
  sample.pathname === asked.pathname &&
  [...sample.searchParams].every(([name, value]) => asked.searchParams.get(name) === value);

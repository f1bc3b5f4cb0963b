import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtinProviders } from '../../src/providers/builtin.ts';
import type { FixtureAnswer } from '../../src/providers/fixture.ts';
import { providerFixtures } from '../../src/providers/fixtures.ts';
import { originsOf } from '../../src/sandbox/origins.ts';
import { canSimulate } from '../../src/sandbox/platform.ts';
import { type FlowBody, startHarness } from '../security/support.ts';

/** A request as the platform would have got it. */
export interface PlatformRequest {
  method: string;
  /** At the platform's own host. */
  url: URL;
  headers: IncomingHttpHeaders;
  body: string;
  form: Record<string, string>;
}

type Answer = FixtureAnswer | ((request: PlatformRequest) => FixtureAnswer);

/** With the characters that a form must encode. */
export const clientSecret = 's/e+c=r e:t';

/**
 * A built-in provider whose hosts are all rerouted to a server here, which answers as the fixture has it. What is said
 * with `answer` comes first.
 */
export const startPlatform = async (id: string, settings: object = {}) => {
  const definition = builtinProviders[id]!;
  const fixture = providerFixtures[id]!;
  if (!canSimulate(definition)) throw new Error(`${id} is not played here`);
  const requests: PlatformRequest[] = [];
  const scripted: { method: string; start: string; answer: Answer }[] = [];

  const answerTo = (request: PlatformRequest): FixtureAnswer => {
    const { method, url, form } = request;
    const script = scripted.find((one) => one.method === method && url.href.startsWith(one.start));
    if (script) return typeof script.answer === 'function' ? script.answer(request) : script.answer;
    if (method === 'POST') return (form['grant_type'] === 'refresh_token' ? fixture.refresh : null) ?? fixture.exchange;
    const known = Object.entries(fixture.get)
      .map(([address, body]) => ({ address: new URL(address).href, body }))
      .filter(({ address }) => url.href.startsWith(address))
      .sort((one, other) => other.address.length - one.address.length)[0];
    return known ? { status: 200, body: known.body } : { status: 404, body: {} };
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(`https:/${incoming.url ?? '/'}`);
    const form = Object.fromEntries(new URLSearchParams(body));
    const request = { method: incoming.method ?? '', url, headers: incoming.headers, body, form };
    requests.push(request);
    const answer = answerTo(request);
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body));
  };
  const server = createServer((incoming, response) => void serve(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const origins = Object.fromEntries(
    originsOf({ definition, fixture }).map((origin) => [origin, `${here}/${new URL(origin).host}`]),
  );
  const provider = { clientId: 'client-1', clientSecret, origins, ...settings };
  const harness = await startHarness({ config: { providers: { [id]: provider } } });

  return {
    harness,
    requests,
    requestsTo: (start: string) => requests.filter(({ url }) => url.href.startsWith(start)),
    /** Answers so from now on; the latest first. */
    answer: (method: 'GET' | 'POST', start: string, answer: Answer) => void scripted.unshift({ method, start, answer }),
    /** From the link to the end, or to the choice; with the address to which the browser was sent. */
    async connect(input: Record<string, unknown> = {}) {
      const { started, authorizationUrl, browser } = await harness.begin({ provider: id, ...input });
      const url = new URL(`https:/${authorizationUrl.slice(here.length)}`);
      const parameters = Object.fromEntries(url.searchParams);
      const callback = new URLSearchParams({ code: '4/0Code+/=', state: parameters['state'] ?? '' });
      const page = await browser.follow(`${parameters['redirect_uri']}?${callback.toString()}`);
      return { flow: await harness.flow(started.id), page, url, parameters };
    },
    choose: async (flow: FlowBody, ...ids: string[]) =>
      (await harness.api<FlowBody>('POST', `/v1/connect/${flow.id}/accounts`, { json: { account_ids: ids } })).data,
    async [Symbol.asyncDispose]() {
      await harness[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

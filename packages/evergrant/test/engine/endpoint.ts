import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RawAnswer } from '../../src/protocols/types.ts';

/** What a token endpoint that misbehaves answers; the platform behind it never sees the request. */
export interface Hostile {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** `reset`: the connection breaks. `drip`: one byte now and then, for ever. */
  fault?: 'reset' | 'drip';
}

export type Endpoint = Awaited<ReturnType<typeof createEndpoint>>;

/**
 * A token endpoint on loopback.
 *
 * @param present what the platform makes of a refresh token
 */
export const createEndpoint = async (present: (refreshToken: string) => RawAnswer) => {
  const state = { requests: 0, dripping: 0 };
  let hostile: Hostile | ((answer: RawAnswer) => Hostile) | null = null;

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      state.requests++;
      const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('refresh_token') ?? '';
      if (hostile === null) return answer(response, present(token));
      return misbehave(response, typeof hostile === 'function' ? hostile(present(token)) : hostile);
    });
  });

  const misbehave = (response: ServerResponse, { status = 200, headers = {}, body = '', fault }: Hostile): void => {
    if (fault === 'reset') {
      response.destroy();
    } else if (fault === 'drip') {
      drip(response);
    } else {
      answer(response, { status, headers: { 'content-type': 'application/json', ...headers }, body });
    }
  };

  const drip = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 2);
    state.dripping++;
    response.once('close', () => {
      clearInterval(timer);
      state.dripping--;
    });
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Requests so far, and answers that are dripping now. */
    state,
    /**
     * Answers so from now on; null: as the platform does.
     * @param how a function gets what the platform answered, after it has acted
     */
    behave(how: typeof hostile): void {
      hostile = how;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const answer = (response: ServerResponse, { status, headers, body }: RawAnswer): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
};

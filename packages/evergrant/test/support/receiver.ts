import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** One request as an endpoint of an application gets it. */
export interface Received {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** The body as JSON. */
  event: {
    type: string;
    timestamp: string;
    data: { id: string; connection_id: string | null } & Record<string, unknown>;
  };
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** What an endpoint does with a request; `hang` never answers. */
export type Behaviour = (received: Received) => Answer | 'hang' | Promise<Answer | 'hang'>;

/** An application's endpoint for webhooks, on loopback, until the test ends. */
export const startReceiver = async (behaviour: Behaviour = () => ({ status: 204 })) => {
  const received: Received[] = [];
  const hanging: ServerResponse[] = [];
  let behaves = behaviour;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const one: Received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body,
      event: JSON.parse(body) as Received['event'],
    };
    received.push(one);
    const answer = await behaves(one);
    if (answer === 'hang') return void hanging.push(response);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    /** Every request, in the order in which they came. */
    received: received as readonly Received[],
    /** Types of what came, in order. */
    types: () => received.map(({ event }) => event.type),
    behave(next: Behaviour) {
      behaves = next;
    },
    /** Answers what it let hang. */
    release(status: number) {
      for (const response of hanging.splice(0)) response.writeHead(status).end();
    },
  };
};

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

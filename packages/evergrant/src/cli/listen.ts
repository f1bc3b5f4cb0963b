import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';

/** A request as a server hands it on, with what its runtime knows about it. */
export type Fetch = (request: Request, env: never) => Response | Promise<Response>;

/**
 * Serves on a port.
 *
 * @param port 0 for a free one
 * @param chosen how the port is set, for the fault that it is taken
 * @returns the server and the port that it has
 * @throws Error that names the fault and the cure, e.g. when the port is taken
 */
export const listen = async (
  fetch: Fetch,
  host: string,
  port: number,
  chosen?: string,
): Promise<{ server: Server; port: number }> => {
  const listener = getRequestListener(fetch as Parameters<typeof getRequestListener>[0]);
  const server = createServer((request, response) => void listener(request, response));
  // A slow or silent client does not hold a socket for ever. A call may carry a film.
  server.requestTimeout = 15 * 60_000;
  server.headersTimeout = 20_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(faultOf(error, host, port, chosen))));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : port };
};

const faultOf = (error: NodeJS.ErrnoException, host: string, port: number, chosen?: string): string => {
  switch (error.code) {
    case 'EADDRINUSE':
      if (chosen) return `Port ${port} on ${host} is in use. Stop what uses it, or choose another one ${chosen}`;
      return `Port ${port} on ${host} is in use. Stop what uses it, or set another PORT (and PUBLIC_URL), e.g. PORT=${port + 1} PUBLIC_URL=http://localhost:${port + 1}`;
    case 'EACCES':
      return `Port ${port} may not be opened by this user. Set a PORT above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST=${host} is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for every interface`;
    default:
      return `The server cannot listen on ${host}:${port} (${error.code ?? error.message})`;
  }
};

/** Stops accepting, lets requests under way finish for a while, then cuts what is left. */
export const stopListening = (server: Server, patience = 5000): Promise<void> =>
  new Promise((resolve) => {
    // A connection that a client keeps alive becomes idle only when its last answer is out.
    const closingIdle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearInterval(closingIdle);
      resolve();
    });
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), patience).unref();
  });

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createEvergrant, isEvergrantError } from 'evergrant';
import { linkedin, linkedinApi } from './linkedin.ts';

const port = Number(process.env['PORT'] ?? 4000);
// Redirect URIs are built from this and from nothing else. At LinkedIn register {publicUrl}/integrations/social/linkedin.
const publicUrl = `http://localhost:${port}`;
// Connections belong to an owner: put the id of whoever is signed in to your application here.
const owner = 'user_42';

// Tokens are kept sealed in this file. The key is made beside it at the first start: back up both, apart.
const evergrant = await createEvergrant({
  database: 'sqlite:./data/example.db',
  publicUrl,
  providers: { linkedin },
});

// Evergrant speaks Request and Response; this makes what node:http wants of it.
const pages = getRequestListener(evergrant.handler);

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname, searchParams } = new URL(request.url ?? '/', publicUrl);
  // The pages of Evergrant: where a flow begins, where the platform returns, reconnecting, and what an error means.
  if (/^\/(connect|integrations|reconnect|errors)\//.test(pathname)) return pages(request, response);
  switch (pathname) {
    // Your "Connect LinkedIn" button leads here.
    case '/link': {
      const flow = await evergrant.connect({
        provider: 'linkedin',
        owner,
        returnTo: `${publicUrl}/linked`,
        // The link goes straight to the signed-in person. Leave this out where it may reach somebody else: a page then asks.
        skipConfirmation: true,
      });
      return redirect(response, flow.url);
    }
    // The person comes back here, connected or not, with ?flow=…&status=…. Believe the flow, not the address.
    case '/linked': {
      const flow = await evergrant.getFlow(searchParams.get('flow') ?? '');
      if (flow.owner !== owner) return send(response, 403, 'This is not your flow.');
      if (flow.status === 'connected') return redirect(response, '/me');
      return send(response, 400, `Not connected: ${flow.error?.message ?? flow.status}`);
    }
    case '/me': {
      const [connection] = (await evergrant.listConnections({ owner, provider: 'linkedin' })).data;
      if (!connection) return redirect(response, '/link');
      // Ask for the token at every use and keep it nowhere: it is renewed before it runs out, and here if need be.
      const { accessToken } = await evergrant.getAccessToken(connection.id);
      const headers = { authorization: `Bearer ${accessToken}` };
      const profile = await (await fetch(`${linkedinApi}/v2/userinfo`, { headers })).json();
      return send(response, 200, JSON.stringify({ connection: connection.id, profile }), 'application/json');
    }
    default:
      return send(response, 404, 'There is nothing here.');
  }
};

const explain = (error: unknown, response: ServerResponse): void => {
  if (!isEvergrantError(error)) send(response, 500, 'Something went wrong here.');
  // The person withdrew access, or it ended: this is where they give it again.
  else if (error.reconnectUrl) redirect(response, error.reconnectUrl);
  else send(response, error.status, error.message);
};

const redirect = (response: ServerResponse, location: string): void => void response.writeHead(303, { location }).end();

const send = (response: ServerResponse, status: number, body: string, type = 'text/plain'): void =>
  void response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(body);

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => explain(error, response));
});
server.listen(port, 'localhost', () => console.log(`Open ${publicUrl}/me`));

// A renewal that was sent is finished before the process ends.
process.once('SIGTERM', () => server.close(() => void evergrant.close()));

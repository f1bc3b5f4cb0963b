import { getRequestListener } from '@hono/node-server';
import { createEvergrant, isEvergrantError } from 'evergrant';
import express, { type NextFunction, type Request, type Response } from 'express';
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

const app = express();

// The pages of Evergrant: where a flow begins, where the platform returns, reconnecting, and what an error means.
// With app.all and not app.use, which cuts the path; and before express.json() and the like, which eat the body.
const pages = getRequestListener(evergrant.handler);
app.all(['/connect/*rest', '/integrations/*rest', '/reconnect/*rest', '/errors/*rest'], pages);

// Your "Connect LinkedIn" button leads here. Its path must not begin like one of those above.
app.get('/link', async (_request, response) => {
  const flow = await evergrant.connect({
    provider: 'linkedin',
    owner,
    returnTo: `${publicUrl}/linked`,
    // The link goes straight to the signed-in person. Leave this out where it may reach somebody else: a page then asks.
    skipConfirmation: true,
  });
  response.redirect(303, flow.url);
});

// The person comes back here, connected or not, with ?flow=…&status=…. Believe the flow, not the address.
app.get('/linked', async (request, response) => {
  const flow = await evergrant.getFlow(new URL(request.url, publicUrl).searchParams.get('flow') ?? '');
  if (flow.owner !== owner) response.status(403).send('This is not your flow.');
  else if (flow.status === 'connected') response.redirect(303, '/me');
  else response.status(400).send(`Not connected: ${flow.error?.message ?? flow.status}`);
});

app.get('/me', async (_request, response) => {
  const [connection] = (await evergrant.listConnections({ owner, provider: 'linkedin' })).data;
  if (!connection) return response.redirect(303, '/link');
  // Ask for the token at every use and keep it nowhere: it is renewed before it runs out, and here if need be.
  const { accessToken } = await evergrant.getAccessToken(connection.id);
  const answer = await fetch(`${linkedinApi}/v2/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } });
  response.json({ connection: connection.id, profile: await answer.json() });
});

// Express tells error handlers by their four parameters.
app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
  if (!isEvergrantError(error)) response.status(500).send('Something went wrong here.');
  // The person withdrew access, or it ended: this is where they give it again.
  else if (error.reconnectUrl) response.redirect(303, error.reconnectUrl);
  else response.status(error.status).send(error.message);
});

const server = app.listen(port, 'localhost', () => console.log(`Open ${publicUrl}/me`));

// A renewal that was sent is finished before the process ends.
process.once('SIGTERM', () => server.close(() => void evergrant.close()));

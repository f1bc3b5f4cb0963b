import { serve } from '@hono/node-server';
import { createEvergrant, isEvergrantError } from 'evergrant';
import { Hono } from 'hono';
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

const app = new Hono();

// The pages of Evergrant: where a flow begins, where the platform returns, reconnecting, and what an error means.
for (const path of ['/connect/*', '/integrations/*', '/reconnect/*', '/errors/*']) {
  app.all(path, (c) => evergrant.handler(c.req.raw, c.env as object));
}

// Your "Connect LinkedIn" button leads here. Its path must not begin like one of those above.
app.get('/link', async (c) => {
  const flow = await evergrant.connect({
    provider: 'linkedin',
    owner,
    returnTo: `${publicUrl}/linked`,
    // The link goes straight to the signed-in person. Leave this out where it may reach somebody else: a page then asks.
    skipConfirmation: true,
  });
  return c.redirect(flow.url, 303);
});

// The person comes back here, connected or not, with ?flow=…&status=…. Believe the flow, not the address.
app.get('/linked', async (c) => {
  const flow = await evergrant.getFlow(c.req.query('flow') ?? '');
  if (flow.owner !== owner) return c.text('This is not your flow.', 403);
  if (flow.status !== 'connected') return c.text(`Not connected: ${flow.error?.message ?? flow.status}`, 400);
  return c.redirect('/me', 303);
});

app.get('/me', async (c) => {
  const [connection] = (await evergrant.listConnections({ owner, provider: 'linkedin' })).data;
  if (!connection) return c.redirect('/link', 303);
  // Ask for the token at every use and keep it nowhere: it is renewed before it runs out, and here if need be.
  const { accessToken } = await evergrant.getAccessToken(connection.id);
  const answer = await fetch(`${linkedinApi}/v2/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } });
  return c.json({ connection: connection.id, profile: await answer.json() });
});

app.onError((error, c) => {
  if (!isEvergrantError(error)) return c.text('Something went wrong here.', 500);
  // The person withdrew access, or it ended: this is where they give it again.
  if (error.reconnectUrl) return c.redirect(error.reconnectUrl, 303);
  return c.text(error.message, error.status as 400);
});

const server = serve({ fetch: app.fetch, hostname: 'localhost', port }, () => console.log(`Open ${publicUrl}/me`));

// A renewal that was sent is finished before the process ends.
process.once('SIGTERM', () => server.close(() => void evergrant.close()));

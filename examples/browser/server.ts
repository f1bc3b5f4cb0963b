import { resolve } from 'node:path';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { createEvergrant } from 'evergrant';
import { Hono } from 'hono';
import { build, defaultClientConditions } from 'vite';
import { linkedin } from '../linkedin.ts';

const port = Number(process.env['PORT'] ?? 4000);
const publicUrl = `http://localhost:${port}`;
// Connections belong to an owner: put the id of whoever is signed in to your application here.
const owner = 'user_42';

const evergrant = await createEvergrant({
  database: 'sqlite:./data/example.db',
  publicUrl,
  branding: { name: 'Browser example', color: '#3b5bdb' },
  providers: { linkedin },
});

const app = new Hono();

// Beside the pages for people, the status of a flow: the helper in the browser reads it with the flow's own token.
for (const path of ['/connect/*', '/integrations/*', '/reconnect/*', '/errors/*', '/branding/*', '/v1/connect/*']) {
  app.all(path, (c) => evergrant.handler(c.req.raw, c.env as object));
}

// What the button of a page asks for. The answer goes to connect() as it is.
app.post('/api/connect', async (c) => {
  const flow = await evergrant.connect({
    provider: 'linkedin',
    owner,
    // Where there is no popup, on phones or where popups are blocked, the browser comes back here.
    returnTo: c.req.header('referer') ?? publicUrl,
    skipConfirmation: true,
  });
  return c.json({ id: flow.id, url: flow.url, statusToken: flow.statusToken });
});

// The browser is told how the flow ended; what is connected your server knows itself.
app.get('/api/connections', async (c) => {
  const { data } = await evergrant.listConnections({ owner });
  return c.json(data.map(({ id, provider, account, status }) => ({ id, provider, name: account.name, status })));
});

// Everything else is a page of this folder. In an application of yours stands what you have for that.
await build({
  root: import.meta.dirname,
  build: {
    outDir: resolve('data/pages'),
    emptyOutDir: true,
    rolldownOptions: { input: ['vanilla.html', 'react.html'].map((page) => resolve(import.meta.dirname, page)) },
  },
  // "evergrant-source" is needed in this repository only, where Evergrant is not compiled.
  resolve: { conditions: ['evergrant-source', ...defaultClientConditions] },
  logLevel: 'error',
});
app.use('*', serveStatic({ root: './data/pages' }));

const server = serve({ fetch: app.fetch, hostname: 'localhost', port }, () =>
  console.log(`Open ${publicUrl}/vanilla.html or ${publicUrl}/react.html`),
);

// A renewal that was sent is finished before the process ends.
process.once('SIGTERM', () => server.close(() => void evergrant.close()));

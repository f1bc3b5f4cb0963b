import { createClient, isApiError } from 'evergrant/client';

// Evergrant runs as a service of its own, and this program knows its address and an API key.
const evergrant = createClient({
  url: process.env['EVERGRANT_URL'] ?? 'http://localhost:3000',
  apiKey: process.env['EVERGRANT_API_KEY'] ?? '',
});

// Your own id of the person, and the platform.
const [owner = 'user_42', provider = 'linkedin', path = '/v2/userinfo'] = process.argv.slice(2);

try {
  const { data } = await evergrant.listConnections({ owner, provider });
  const connection = data[0] ?? (await connect());
  // Signed by the service with a token that is valid now; the answer is the platform's own.
  const answer = await evergrant.call(connection.id, path);
  console.log(`${answer.status} ${await answer.text()}`);
} catch (error) {
  if (!isApiError(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  if (error.reconnectUrl) console.error(`Access ended. Give it again at ${error.reconnectUrl}`);
  process.exitCode = 1;
}

async function connect() {
  const flow = await evergrant.connect({ provider, owner });
  console.log(`Open ${flow.url}`);
  const { status, connections, error } = await evergrant.waitForFlow(flow.id);
  if (status === 'connected') return connections[0]!;
  console.error(`Not connected: ${error?.title ?? status}`);
  process.exit(1);
}

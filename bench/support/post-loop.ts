import { createEgress } from '../../packages/evergrant/src/egress/index.ts';
import { app } from './rows.ts';
import { refreshToken } from './tokens.ts';

/*
 * The bare loop: renews at the provider through the same HTTP client as the engine, and keeps the answer nowhere but in
 * memory. Nothing can renew faster with this client. Prints one line of JSON.
 * Usage: post-loop.ts PROVIDER CONNECTIONS SECONDS
 */

const [provider = '', connections = '', seconds = ''] = process.argv.slice(2);
const egress = createEgress();
const trustedOrigins = new Set([provider]);
const authorization = `Basic ${Buffer.from(`${app.clientId}:${app.clientSecret}`).toString('base64')}`;
const headers = { authorization, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
const end = performance.now() + Number(seconds) * 1000;
let requests = 0;

const renewOverAndOver = async (index: number): Promise<void> => {
  for (let token = refreshToken(index, 0); performance.now() < end; requests++) {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }).toString();
    const answer = await egress.send({ method: 'POST', url: `${provider}/token`, headers, body, trustedOrigins });
    if (answer.status !== 200) throw new Error(`The provider answered ${answer.status}`);
    token = (JSON.parse(answer.body) as { refresh_token: string }).refresh_token;
  }
};

const before = process.cpuUsage();
await Promise.all(Array.from({ length: Number(connections) }, (_, index) => renewOverAndOver(index)));
const { user, system } = process.cpuUsage(before);
await egress.close();
console.log(JSON.stringify({ perSecond: requests / Number(seconds), processor: (user + system) / requests }));

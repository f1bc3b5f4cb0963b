import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Reply, type Sent, send } from '../../security/http.ts';
import { freePort } from '../../support/evergrant.ts';
import { type RunningProcess, startProcess } from '../../support/process.ts';

const folder = import.meta.dirname;

const absent = `The reference server of AT Protocol is not installed. It takes 350 MB: scripts/install-atproto-reference`;

/** A suite against the reference server. Without it the suite is skipped, loudly; where CI is set that is a failure. */
export const describeWithReference = (name: string, suite: () => void): void => {
  if (existsSync(join(folder, 'node_modules/@atproto/pds/package.json'))) {
    describe(name, suite);
    return;
  }
  console.warn(`SKIPPED “${name}”. ${absent}`);
  test(name, (context) => {
    if (process.env['CI']) expect.fail(absent);
    context.skip(absent);
  });
};

export interface ReferenceAccount {
  did: string;
  handle: string;
  password: string;
}

/** A real data server with its authorization server, and a directory that knows its accounts. */
export const startReference = async () => {
  const [port, plcPort] = [await freePort(), await freePort()];
  const origin = `http://localhost:${port}`;
  const server: RunningProcess = startProcess(process.execPath, ['server.js'], {
    cwd: folder,
    env: { PDS_PORT: String(port), PLC_PORT: String(plcPort), LOG_ENABLED: 'false' },
  });
  await server.says('ready', 60_000);

  const post = async <T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> => {
    const answer = await fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answers ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };

  return {
    origin,
    plcUrl: `http://127.0.0.1:${plcPort}`,
    async createAccount(handle: string): Promise<ReferenceAccount> {
      const password = `password of ${handle}`;
      const email = `${handle.split('.')[0]}@example.com`;
      const { did } = await post<{ did: string }>('/xrpc/com.atproto.server.createAccount', {
        handle,
        email,
        password,
      });
      return { did, handle, password };
    },
    /** What a person does on the pages of the server, by the requests that their script makes. @returns the callback */
    async consent(authorizationUrl: string, account: ReferenceAccount, decision: 'consent' | 'reject' = 'consent') {
      const cookies = new Map<string, string>();
      const request = async (url: string, sent: Sent): Promise<Reply<Record<string, string>>> => {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const reply = await send<Record<string, string>>(url, { ...sent, headers: { ...sent.headers, cookie } });
        if (reply.status >= 400) throw new Error(`${url} answers ${reply.status} ${reply.body}`);
        for (const line of reply.headers['set-cookie'] ?? []) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          cookies.set(name, value);
        }
        return reply;
      };
      const api = async (endpoint: string, body: object, headers: Record<string, string> = {}) => {
        const answer = await request(`${origin}/@atproto/oauth-provider/~api/${endpoint}`, {
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/json',
            'x-csrf-token': cookies.get('csrf-token') ?? '',
            'sec-fetch-mode': 'same-origin',
            'sec-fetch-site': 'same-origin',
            origin,
            referer: authorizationUrl,
          },
          body: JSON.stringify(body),
        });
        return answer.data;
      };
      await request(authorizationUrl, { headers: navigation });
      const { handle: username, password, did } = account;
      const signedIn = await api('sign-in', { username, password, remember: false, locale: 'en' });
      const authorization = { authorization: `Bearer ${signedIn['ephemeralToken']}` };
      const { url = '' } = await api(decision, decision === 'consent' ? { did } : {}, authorization);
      const referred = { ...navigation, 'sec-fetch-site': 'same-origin', referer: authorizationUrl };
      return (await request(url, { headers: referred })).headers.location!;
    },
    async close() {
      server.signal('SIGTERM');
      await server.ended;
    },
  };
};

const navigation = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'none',
  'user-agent': 'Mozilla/5.0',
};

export type Reference = Awaited<ReturnType<typeof startReference>>;

import { fileURLToPath } from 'node:url';
import type { ProviderConfig } from '../../src/settings/config.ts';
import { type ConnectBody, type ConnectionBody, expectBody } from './api.ts';
import { type Browser, type BrowserPage, createBrowser } from './browser.ts';
import { createInstallation, type Installation } from './evergrant.ts';
import { makeFolder } from './folder.ts';
import { client, type OidcFacts } from './oidc-facts.ts';
import { startProcess } from './process.ts';

export type OidcServer = Awaited<ReturnType<typeof startOidcServer>>;

/**
 * Starts oidc-provider in a process of its own; the caller stops it.
 *
 * @param redirectUri the only one that is registered
 */
export const startOidcServer = async (redirectUri: string) => {
  const script = fileURLToPath(new URL('oidc-server.ts', import.meta.url));
  const { path: folder, remove } = makeFolder();
  const running = startProcess(process.execPath, [script, redirectUri], { cwd: folder, env: {} });
  await running.says('"control"');
  const line = running
    .stdout()
    .split('\n')
    .find((text) => text.includes('"control"'))!;
  const { issuer, control } = JSON.parse(line) as { issuer: string; control: string };

  const order = async <T>(name: string, parameters: Record<string, string> = {}): Promise<T> => {
    const response = await fetch(`${control}/${name}?${new URLSearchParams(parameters).toString()}`);
    if (!response.ok) throw new Error(`The authorization server does not ${name}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const post = (path: string, parameters: Record<string, string>): Promise<Response> =>
    fetch(`${issuer}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
      body: new URLSearchParams(parameters),
    });

  return {
    issuer,
    client,
    facts: () => order<OidcFacts>('facts'),
    /** Changes what the next tokens are like, and how long the token endpoint takes. */
    behave: (changes: { accessTokenSeconds?: number; tokenDelayMs?: number }) =>
      order('behave', Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, String(value)]))),
    expire: (token: string) => order('expire', { token }),
    down: () => order('down'),
    up: () => order('up'),
    /** Whether a token still counts (RFC 7662). */
    async isActive(token: string): Promise<boolean> {
      const { active } = (await (await post('/token/introspection', { token })).json()) as { active: boolean };
      return active;
    },
    /** Presents a refresh token as a thief would. */
    reuse: (token: string) => post('/token', { grant_type: 'refresh_token', refresh_token: token }),
    userinfo: (token: string) => fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${token}` } }),
    async stop() {
      running.signal('SIGKILL');
      await running.ended;
      remove();
    },
  };
};

const scopes = { required: ['openid', 'profile', 'offline_access'], optional: ['email'] };

/** The provider `acme` for the configuration file: plain data, as anybody would write it for a server like this. */
export const acme = (server: OidcServer, endpoints: 'discovered' | 'explicit'): ProviderConfig => ({
  clientId: server.client.id,
  clientSecret: server.client.secret,
  definition: {
    name: 'Acme',
    protocol: {
      kind: 'oauth2',
      ...(endpoints === 'discovered'
        ? { issuer: server.issuer }
        : {
            authorizationEndpoint: `${server.issuer}/auth`,
            tokenEndpoint: `${server.issuer}/token`,
            revocationEndpoint: `${server.issuer}/token/revocation`,
          }),
      pkce: 'S256',
      clientAuthentication: 'client_secret_basic',
      authorizationParameters: { prompt: 'consent' },
    },
    scopes,
    refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0 },
    profile: {
      get: `${server.issuer}/me`,
      map: { id: 'sub', name: 'name', username: 'preferred_username' },
    },
    api: { baseUrl: server.issuer },
  },
});

export interface Person {
  /** Null: cancels. */
  login: string | null;
  /** What stays ticked; default: everything that is asked for. */
  ticked?: string[];
}

/** Signs in and consents on the authorization server's page. */
export const consent = (
  browser: Browser,
  page: BrowserPage,
  { login, ticked }: Person,
  options: { stopAt?: (url: string) => boolean } = {},
): Promise<BrowserPage> => {
  const asked = [...page.text.matchAll(/name="scope" value="([^"]*)"/g)].map((match) => match[1]!);
  return browser.submit(page, { login: login ?? '', scope: ticked ?? asked }, options);
};

/** From the application's request to the page at the end, in a browser of its own. */
export const runFlow = async (
  { api }: Installation,
  person: Person,
  request: Omit<ConnectBody, 'owner'> & { owner?: string } = {},
) => {
  const started = expectBody(
    await api.connect({ provider: 'acme', owner: 'owner-1', skip_confirmation: true, ...request }),
  );
  const browser = createBrowser();
  const page = await consent(browser, await browser.open(started.url), person);
  return { page, flow: expectBody(await api.flow(started.id)), browser };
};

/** Connects an account and gives its connection. */
export const connectAccount = async (
  installation: Installation,
  person: Person,
  request: Omit<ConnectBody, 'owner'> & { owner?: string } = {},
): Promise<ConnectionBody> => {
  const { flow } = await runFlow(installation, person, request);
  const [connection] = flow.connections;
  if (!connection) throw new Error(`The flow ended as ${flow.status}: ${JSON.stringify(flow.error)}`);
  return connection;
};

/** An authorization server and an installation that knows it by its configuration file only. */
export interface OidcWorld {
  server: OidcServer;
  installation: Installation;
  dispose(): Promise<void>;
}

/** @param endpoints whether the configuration names them or only the issuer */
export const createOidcWorld = async (endpoints: 'discovered' | 'explicit'): Promise<OidcWorld> => {
  let server: OidcServer | undefined;
  const installation = await createInstallation({
    config: async (url) => {
      server = await startOidcServer(`${url}/integrations/social/acme`);
      return { providers: { acme: acme(server, endpoints) } };
    },
  });
  return {
    server: server!,
    installation,
    async dispose() {
      await installation.dispose();
      await server!.stop();
    },
  };
};

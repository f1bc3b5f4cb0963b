import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { onTestFinished } from 'vitest';
import type { AnyDefinition, ProviderDefinition, TokenRequestShape } from '../providers/define.ts';
import type { ProviderFixture } from '../providers/fixture.ts';
import type { Clock } from '../telemetry/clock.ts';
import { valueAt } from './json.ts';
import { fill } from './origins.ts';
import { isPlayableOAuth2 } from './platform.ts';
import { createSandbox } from './sandbox.ts';
import { sandboxPlatform } from './sandbox-provider.ts';
import type { Decision, Sandbox, SandboxOptions, SandboxPlatform } from './types.ts';

/* A plain OAuth client for the tests of this folder: it does what a definition says, without Evergrant's own adapter. */

/** A clock that stands still until it is moved. */
export const createTestClock = () => {
  let now = Date.UTC(2026, 10, 23, 12);
  let waiting: { at: number; callback: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(milliseconds, callback) {
      const entry = { at: now + milliseconds, callback };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((other) => other !== entry);
      };
    },
  };
  return {
    ...clock,
    waiting: () => waiting.length,
    advance(seconds: number) {
      now += seconds * 1000;
      const due = waiting.filter(({ at }) => at <= now);
      waiting = waiting.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
  };
};

/** Every provider of the house with OAuth 2.0 that the sandbox can play, with its fixture. */
export const builtinPlatforms = async (): Promise<SandboxPlatform<ProviderDefinition>[]> => {
  const folder = new URL('../providers/builtin/', import.meta.url);
  const fixtures = readdirSync(folder).filter((name) => name.endsWith('.fixture.ts'));
  const platforms = await Promise.all(
    fixtures.map(async (name) => {
      const { default: fixture } = (await import(new URL(name, folder).href)) as { default: ProviderFixture };
      const file = new URL(name.replace('.fixture.ts', '.ts'), folder).href;
      const { default: definition } = (await import(file)) as {
        default: AnyDefinition;
      };
      return isPlayableOAuth2(definition) ? [{ definition, fixture }] : [];
    }),
  );
  return platforms.flat();
};

/** A sandbox on a real loopback server with a free port. */
export const startSandbox = async (options: Omit<SandboxOptions, 'baseUrl'>) => {
  let baseUrl = '';
  const sandbox = createSandbox({ ...options, baseUrl: () => baseUrl });
  const server = createAdaptorServer({ fetch: sandbox.fetch }) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { sandbox, close };
};

export const redirectUri = 'http://localhost:4321/integrations/social/any';

export interface Tokens {
  accessToken: string;
  refreshToken: string | null;
  expiresIn: unknown;
  scope: unknown;
  /** What the definition keeps of the answer, joined. */
  kept: string;
}

/**
 * A client of one platform of a sandbox.
 * @param callback what the platform's callbacks carry besides code and state
 */
export const createTestClient = (
  sandbox: Sandbox,
  definition: ProviderDefinition,
  callback: Record<string, string> = {},
) => {
  const { protocol, scopes } = definition;
  const app = sandbox.appFor(definition.id);
  const origins = sandbox.origins(definition.id);
  const reroute = (url: string): string => {
    const { origin, href } = new URL(fill(url, definition));
    return `${origins[origin] ?? origin}${href.slice(origin.length)}`;
  };
  const verifier = randomBytes(32).toString('base64url');
  const usesPkce = protocol.pkce !== 'none';
  const names = [...(protocol.exchange?.carry ?? []), ...(protocol.refreshRequest?.carry ?? [])];
  const carried = Object.fromEntries(Object.entries(callback).filter(([name]) => names.includes(name)));

  const authorizationUrl = (changes: Record<string, string | null> = {}, requested = scopes.required): string => {
    const url = new URL(reroute(protocol.authorizationEndpoint!));
    const parameters: Record<string, string | null> = {
      response_type: 'code',
      [protocol.authorizationClientIdParameter ?? protocol.clientIdParameter ?? 'client_id']: app.clientId,
      redirect_uri: redirectUri,
      state: 'st4te',
      [scopes.parameter ?? 'scope']: requested.join(scopes.separator ?? ' '),
      code_challenge: usesPkce
        ? createHash('sha256')
            .update(verifier)
            .digest(protocol.pkce === 'S256-hex' ? 'hex' : 'base64url')
        : null,
      code_challenge_method: usesPkce ? 'S256' : null,
      ...protocol.authorizationParameters,
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
    return url.href;
  };

  const send = async (
    shape: TokenRequestShape,
    standard: Record<string, string>,
    secret = app.clientSecret,
  ): Promise<Response> => {
    const parameters: Record<string, string> = { ...standard, ...shape.parameters };
    if (shape.grantType === null) delete parameters['grant_type'];
    else if (shape.grantType) parameters['grant_type'] = shape.grantType;
    const headers: Record<string, string> = {};
    const authentication = [
      shape.clientAuthentication ?? protocol.clientAuthentication ?? 'client_secret_basic',
    ].flat()[0];
    if (authentication?.startsWith('client_secret_basic')) {
      headers['authorization'] = `Basic ${Buffer.from(`${app.clientId}:${secret}`).toString('base64')}`;
    } else {
      parameters[protocol.clientIdParameter ?? 'client_id'] = app.clientId;
      if (authentication !== 'none') parameters[protocol.clientSecretParameter ?? 'client_secret'] = secret;
    }
    for (const name of shape.omit ?? []) delete parameters[name];
    const url = reroute(shape.endpoint ?? protocol.tokenEndpoint!);
    const encoded = new URLSearchParams(parameters);
    if (shape.method === 'GET') return fetch(`${url}?${encoded.toString()}`, { headers });
    if (shape.encoding !== 'json') return fetch(url, { method: 'POST', headers, body: encoded });
    return fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(parameters),
    });
  };

  const exchange = (code: string, changes: Record<string, string> = {}, secret?: string): Promise<Response> => {
    const shape = protocol.exchange ?? {};
    const pkce: Record<string, string> = usesPkce ? { code_verifier: verifier } : {};
    const standard = {
      grant_type: 'authorization_code',
      [shape.credentialParameter ?? 'code']: code,
      redirect_uri: redirectUri,
    };
    return send(shape, { ...standard, ...pkce, ...carried, ...changes }, secret);
  };

  const upgrade = (accessToken: string): Promise<Response> => {
    const shape = protocol.upgrade!;
    return send(shape, { [shape.credentialParameter ?? 'access_token']: accessToken });
  };

  const renew = ({ accessToken, refreshToken }: Tokens, secret?: string): Promise<Response> => {
    const shape = protocol.refreshRequest ?? {};
    const credential = shape.credential ?? 'refresh_token';
    const value = credential === 'access_token' ? accessToken : (refreshToken ?? '');
    const standard = { grant_type: 'refresh_token', [shape.credentialParameter ?? credential]: value };
    return send(shape, { ...standard, ...carried }, secret);
  };

  const read = async (answer: Response, before?: Tokens): Promise<Tokens> => {
    const body = (await answer.json()) as unknown;
    const { unwrap = '', rename = {}, keep = {} } = protocol.tokenResponse ?? {};
    const inner = [unwrap]
      .flat()
      .map((path) => valueAt(body, path))
      .find((value) => typeof value === 'object');
    const member = (name: keyof typeof rename) => valueAt(inner, rename[name] ?? name);
    return {
      accessToken: String(member('access_token')),
      refreshToken: (member('refresh_token') as string | undefined) ?? before?.refreshToken ?? null,
      expiresIn: member('expires_in'),
      scope: member('scope'),
      kept: Object.values(keep)
        .flatMap((paths) => [paths].flat().map((path) => String(valueAt(inner, path) ?? valueAt(body, path))))
        .join(),
    };
  };

  /** From the consent to the tokens that are kept. */
  const connect = async (decision?: Decision, requested?: string[]): Promise<Tokens> => {
    const callback = new URL(await sandbox.consent(authorizationUrl({}, requested), decision));
    const tokens = await read(await exchange(callback.searchParams.get('code')!));
    if (!protocol.upgrade) return tokens;
    const upgraded = await read(await upgrade(tokens.accessToken));
    // Some tell the scopes at the first answer only.
    return { ...upgraded, scope: upgraded.scope ?? tokens.scope };
  };

  const get = (accessToken: string, url: string): Promise<Response> =>
    fetch(reroute(url), { headers: { authorization: `Bearer ${accessToken}` } });

  return { authorizationUrl, exchange, upgrade, renew, read, connect, get, reroute, app };
};

/** A running sandbox with a client of one of its platforms, until the test ends. */
export const setUpSandbox = async (
  definition: ProviderDefinition = sandboxPlatform.definition,
  options: Partial<SandboxOptions> = {},
) => {
  const clock = createTestClock();
  const platforms = await builtinPlatforms();
  const { sandbox, close } = await startSandbox({ platforms, clock, ...options });
  onTestFinished(close);
  const callback = platforms.find((platform) => platform.definition.id === definition.id)?.fixture.callback.granted;
  return {
    clock,
    sandbox,
    client: createTestClient(sandbox, definition, callback),
    control: sandbox.control(definition.id),
  };
};

/** The code in a callback. */
export const codeOf = (callback: string): string => new URL(callback).searchParams.get('code') ?? '';

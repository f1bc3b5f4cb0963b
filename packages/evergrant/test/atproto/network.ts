import { createHash, type JsonWebKey, randomBytes } from 'node:crypto';
import { createProofCheck, type Proved, thumbprint, verifyJwt } from '../../src/sandbox/atproto/proofs.ts';
import type { Canaries } from '../security/canaries.ts';
import { makeSecret } from '../security/canaries.ts';
import { type Answer, type Received, serve, type TestServer } from './server.ts';

/*
 * An AT Protocol network in small: directory with resolver and profiles, data servers, authorization servers. It checks
 * what it is sent with the sandbox's code and not the client's, and demands what the specification lets a server demand.
 */

export interface Account {
  did: string;
  handle: string;
  /** Origin of the data server. */
  pds: string;
  /** False: it has no profile. */
  profile: boolean;
}

interface Session {
  did: string;
  clientId: string;
  /** Thumbprint of the proof key. */
  key: string;
  /** Of the key that signs the client's assertions; null: a public client. */
  clientKey: string | null;
  scope: string;
  refreshToken: string;
  accessToken: string;
}

interface Pushed {
  parameters: URLSearchParams;
  key: string;
  clientKey: string | null;
}

export interface NetworkOptions {
  canaries: Canaries;
  now: () => number;
  /** Fetches the document of a confidential client. */
  fetchDocument?: (url: string) => Promise<unknown>;
}

const provedBy = ({ method, url, headers }: Received, accessToken?: string): Proved => {
  const proof = headers['dpop'];
  return { method, url, proof: typeof proof === 'string' ? proof : null, ...(accessToken ? { accessToken } : {}) };
};

const createDirectory = async (accounts: Map<string, Account>) =>
  serve(({ url }) => {
    const { pathname, searchParams } = url;
    if (pathname === '/xrpc/com.atproto.identity.resolveHandle') {
      const found = [...accounts.values()].find(({ handle }) => handle === searchParams.get('handle'));
      return found
        ? { body: { did: found.did } }
        : { status: 400, body: { error: 'InvalidRequest', message: 'Unable to resolve handle' } };
    }
    if (pathname === '/xrpc/app.bsky.actor.getProfile') {
      const found = accounts.get(searchParams.get('actor') ?? '');
      if (!found?.profile) return { status: 400, body: { error: 'InvalidRequest', message: 'Profile not found' } };
      return { body: { did: found.did, handle: found.handle, displayName: `The one of ${found.handle}` } };
    }
    const account = accounts.get(pathname.slice(1));
    if (!account) return { status: 404, body: { message: `DID not registered: ${pathname.slice(1)}` } };
    const { did, handle, pds } = account;
    const service = [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pds }];
    return { body: { id: did, alsoKnownAs: [`at://${handle}`], service } };
  });

/** An authorization server: PAR, consent as the test decides, single-use refresh tokens whose replay ends the session. */
const createIssuer = async ({ canaries, now, fetchDocument }: NetworkOptions) => {
  const pushed = new Map<string, Pushed>();
  const codes = new Map<string, Pushed & { did: string; scope: string }>();
  const sessions = new Map<string, Session>();
  const spent = new Map<string, Session>();
  const proofs = createProofCheck(now);
  const assertions = new Set<unknown>();
  const scripted: Partial<Answer & { processed: boolean }>[] = [];
  let server: TestServer;

  /** Thumbprint of the assertion's key, null for a public client, undefined where authentication fails. */
  const authenticate = async (form: URLSearchParams): Promise<string | null | undefined> => {
    const clientId = form.get('client_id') ?? '';
    const assertion = form.get('client_assertion');
    if (clientId.startsWith('http://localhost?')) return assertion === null ? null : undefined;
    if (!fetchDocument || assertion === null) return undefined;
    const metadata = (await fetchDocument(clientId)) as { client_id: string; jwks_uri: string };
    const { keys } = (await fetchDocument(metadata.jwks_uri)) as { keys: (JsonWebKey & { kid: string })[] };
    const read = verifyJwt(assertion, ({ kid }) => keys.find((key) => key.kid === kid));
    const { iss, sub, aud, exp, jti } = read?.claims ?? {};
    const isOurs = metadata.client_id === clientId && iss === clientId && sub === clientId && aud === server.origin;
    if (!isOurs || Number(exp) * 1000 < now() || assertions.has(jti)) return undefined;
    assertions.add(jti);
    return thumbprint(keys.find((key) => key.kid === read?.header['kid'])!);
  };

  const refuse = (status: number, error: string, description = ''): Answer => ({
    status,
    body: { error, error_description: description },
  });

  const tokens = (session: Omit<Session, 'refreshToken' | 'accessToken'>): Answer => {
    const refreshToken = canaries.add('refresh token', makeSecret('ref-'));
    const accessToken = canaries.add('access token', makeSecret('at-'));
    sessions.set(refreshToken, { ...session, refreshToken, accessToken });
    const body = { access_token: accessToken, token_type: 'DPoP', refresh_token: refreshToken, scope: session.scope };
    return { body: { ...body, expires_in: 3600, sub: session.did } };
  };

  const token = (form: URLSearchParams, key: string, clientKey: string | null): Answer => {
    const clientId = form.get('client_id') ?? '';
    if (form.get('grant_type') === 'authorization_code') {
      const code = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      if (!code || code.key !== key || code.clientKey !== clientKey)
        return refuse(400, 'invalid_grant', 'Invalid code');
      if (challenge !== code.parameters.get('code_challenge'))
        return refuse(400, 'invalid_grant', 'Invalid code_verifier');
      if (form.get('redirect_uri') !== code.parameters.get('redirect_uri'))
        return refuse(400, 'invalid_grant', 'redirect_uri');
      return tokens({ did: code.did, clientId, key, clientKey, scope: code.scope });
    }
    const presented = form.get('refresh_token') ?? '';
    const session = sessions.get(presented);
    const replayed = spent.get(presented);
    if (replayed) {
      for (const [name, { did }] of sessions) if (did === replayed.did) sessions.delete(name);
      return refuse(400, 'invalid_grant', 'Refresh token replayed');
    }
    if (!session) return refuse(400, 'invalid_grant', 'Invalid refresh token');
    if (session.key !== key || session.clientId !== clientId || session.clientKey !== clientKey) {
      return refuse(400, 'invalid_grant', 'Invalid DPoP key');
    }
    sessions.delete(presented);
    spent.set(presented, session);
    return tokens(session);
  };

  const act = async ({ url, form }: Received, key: string): Promise<Answer> => {
    const clientKey = await authenticate(form);
    if (clientKey === undefined) return refuse(400, 'invalid_client', 'Client authentication failed');
    if (url.pathname === '/oauth/token') return token(form, key, clientKey);
    if (url.pathname === '/oauth/revoke') {
      sessions.delete(form.get('token') ?? '');
      return {};
    }
    const uri = `urn:ietf:params:oauth:request_uri:req-${randomBytes(8).toString('hex')}`;
    pushed.set(uri, { parameters: form, key, clientKey });
    return { status: 201, body: { request_uri: uri, expires_in: 299 } };
  };

  server = await serve(async (received): Promise<Answer> => {
    const { url, method } = received;
    const { origin } = server;
    if (url.pathname === '/.well-known/oauth-authorization-server')
      return { body: { ...metadataOf(origin), ...api.metadata } };
    if (method !== 'POST') return { status: 404 };
    const proof = proofs.check(provedBy(received));
    const headers = { 'dpop-nonce': proofs.nonce };
    if ('error' in proof) return { ...refuse(400, proof.error), headers };
    const script = scripted.shift();
    const answer = script && !script.processed ? {} : await act(received, proof.key);
    return { ...answer, headers, ...script };
  });

  const api = {
    ...server,
    /** Over what its metadata say. */
    metadata: {} as Record<string, unknown>,
    turnNonce: () => proofs.turn(),
    /** What comes instead of the next answers to sound requests. */
    answerNext: (...answers: typeof scripted) => void scripted.push(...answers),
    sessions: () => [...sessions.values()],
    isAlive: (refreshToken: string) => sessions.has(refreshToken),
    pushedFor: (authorizationUrl: string) => {
      const { searchParams } = new URL(authorizationUrl);
      const found = pushed.get(searchParams.get('request_uri') ?? '');
      if (!found || found.parameters.get('client_id') !== searchParams.get('client_id')) throw new Error('Not pushed');
      return found;
    },
    /** Somebody signs in on the page. @returns the callback */
    consent(authorizationUrl: string, { did, scope, error }: { did: string; scope?: string; error?: string }): string {
      const found = api.pushedFor(authorizationUrl);
      const callback = new URL(found.parameters.get('redirect_uri')!);
      callback.searchParams.set('iss', server.origin);
      callback.searchParams.set('state', found.parameters.get('state')!);
      if (error) callback.searchParams.set('error', error);
      else {
        const code = canaries.add('code', makeSecret('cod-'));
        codes.set(code, { ...found, did, scope: scope ?? found.parameters.get('scope')! });
        callback.searchParams.set('code', code);
      }
      return callback.href;
    },
  };
  return api;
};

export type Issuer = Awaited<ReturnType<typeof createIssuer>>;

const metadataOf = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/oauth/authorize`,
  token_endpoint: `${origin}/oauth/token`,
  pushed_authorization_request_endpoint: `${origin}/oauth/par`,
  revocation_endpoint: `${origin}/oauth/revoke`,
  require_pushed_authorization_requests: true,
  client_id_metadata_document_supported: true,
  authorization_response_iss_parameter_supported: true,
});

/** A data server, with nonces of its own. */
const createDataServer = async (issuer: Issuer, now: () => number) => {
  const proofs = createProofCheck(now);
  const server: TestServer = await serve((received) => {
    const { url, headers } = received;
    if (url.pathname === '/.well-known/oauth-protected-resource') {
      return { body: { resource: server.origin, authorization_servers: [api.issuer] } };
    }
    const accessToken = /^DPoP (.+)$/.exec(headers.authorization ?? '')?.[1];
    const session = issuer.sessions().find((candidate) => candidate.accessToken === accessToken);
    const proof = proofs.check(provedBy(received, accessToken));
    const error = 'error' in proof ? proof.error : session?.key === proof.key ? null : 'invalid_token';
    const nonce = { 'dpop-nonce': proofs.nonce };
    if (error === null) return { headers: nonce, body: { did: session?.did, path: url.pathname + url.search } };
    return {
      status: 401,
      headers: { ...nonce, 'www-authenticate': `DPoP error="${error}"` },
      body: { error, message: error },
    };
  });
  const api = { ...server, issuer: issuer.origin, turnNonce: () => proofs.turn() };
  return api;
};

/** A network with one authorization server and one data server; more can be added. */
export const createNetwork = async (options: NetworkOptions) => {
  const accounts = new Map<string, Account>();
  const servers: { close(): Promise<void> }[] = [];
  const adding = async <T extends { close(): Promise<void> }>(server: Promise<T>): Promise<T> => {
    const added = await server;
    servers.push(added);
    return added;
  };
  const directory = await adding(createDirectory(accounts));
  const addIssuer = () => adding(createIssuer(options));
  const addDataServer = (of: Issuer) => adding(createDataServer(of, options.now));
  const issuer = await addIssuer();
  const pds = await addDataServer(issuer);
  return {
    directory,
    issuer,
    pds,
    accounts,
    addIssuer,
    addDataServer,
    addAccount(handle: string, changes: Partial<Account> = {}): Account {
      const did = `did:plc:${randomBytes(12).toString('hex')}`;
      const account = { did, handle, pds: pds.origin, profile: true, ...changes };
      accounts.set(account.did, account);
      return account;
    },
    /** The provider's settings. */
    settings: {
      options: { plcUrl: directory.origin, handleResolver: directory.origin },
      origins: { 'https://public.api.bsky.app': directory.origin },
    },
    close: () => Promise.all(servers.map((server) => server.close())),
  };
};

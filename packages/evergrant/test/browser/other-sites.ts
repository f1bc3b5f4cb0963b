import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { host } from '../support/evergrant.ts';

/*
 * The other parties to a flow, each on a server of its own. They stand on 127.0.0.1 and Evergrant on localhost, which to
 * a browser are two sites.
 */

const listen = async (listener: RequestListener): Promise<{ origin: string; port: number }> => {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://${host}:${port}`, port };
};

/** An application's page: opens what it is told to in a popup, and writes down what it is told from there. */
const applicationPage = `<!doctype html><title>Application</title><button id="connect">Connect</button>
<script>
  const told = [];
  let link;
  addEventListener('message', ({ origin, data }) => told.push({ origin, data }));
  document.querySelector('#connect').onclick = () => window.open(link, 'evergrant', 'width=480,height=720');
  const statusOf = async (address, token) => {
    const answer = await fetch(address, { headers: { authorization: 'Bearer ' + token } });
    return { code: answer.status, body: await answer.json() };
  };
</script>`;

export interface Application {
  origin: string;
  /** The same page under another name, and so on another origin. */
  otherOrigin: string;
}

/** An application with a page at every path, until the suite ends. */
export const startApplication = async (): Promise<Application> => {
  const { origin, port } = await listen((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(applicationPage);
  });
  return { origin, otherOrigin: `http://localhost:${port}` };
};

export interface Platform {
  origin: string;
  /** How it answers from now on. */
  behave(behaviour: Behaviour): void;
  /** As plain data for the configuration file. */
  provider(): {
    clientId: string;
    clientSecret: string;
    definition: Record<string, unknown>;
  };
}

export interface Behaviour {
  /** Cuts whoever opened its window off from it. */
  openerPolicy?: 'same-origin';
  /** Answers by a form that sends itself (OAuth 2.0 Form Post Response Mode). */
  formPost?: boolean;
}

/** A platform with a page that has one button, until the suite ends. */
export const startPlatform = async (): Promise<Platform> => {
  let behaviour: Behaviour = {};
  const { origin } = await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://platform');
    if (pathname === '/authorize') {
      if (behaviour.openerPolicy) response.setHeader('cross-origin-opener-policy', behaviour.openerPolicy);
      const page = behaviour.formPost ? formPostPage(searchParams) : linkPage(searchParams);
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
      return;
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answerTo(request, pathname)));
  });
  return {
    origin,
    behave: (changed) => {
      behaviour = changed;
    },
    provider: () => ({
      clientId: 'client',
      clientSecret: 'secret',
      definition: {
        name: 'Acme',
        protocol: {
          kind: 'oauth2',
          authorizationEndpoint: `${origin}/authorize`,
          tokenEndpoint: `${origin}/token`,
          clientAuthentication: 'client_secret_post',
          pkce: 'S256',
        },
        scopes: { required: ['profile'] },
        refresh: { rotates: 'never' },
        profile: { get: `${origin}/me`, map: { id: 'id', name: 'name', username: null, picture: null } },
        api: { baseUrl: origin },
      },
    }),
  };
};

const answerTo = (request: IncomingMessage, pathname: string): unknown => {
  request.resume();
  return pathname === '/token'
    ? { access_token: 'access', refresh_token: 'refresh', token_type: 'Bearer', expires_in: 3600, scope: 'profile' }
    : { id: '1', name: 'Ada Example' };
};

const linkPage = (asked: URLSearchParams): string => {
  const callback = new URL(asked.get('redirect_uri') ?? '');
  callback.search = new URLSearchParams({ code: 'code', state: asked.get('state') ?? '' }).toString();
  return `<!doctype html><title>Acme</title><a href="${callback.href.replaceAll('&', '&amp;')}">Allow</a>`;
};

const formPostPage = (asked: URLSearchParams): string => `<!doctype html><title>Acme</title>
<form method="post" action="${asked.get('redirect_uri')}">
  <input type="hidden" name="code" value="code"><input type="hidden" name="state" value="${asked.get('state')}">
</form><script>document.forms[0].submit()</script>`;

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll } from 'vitest';
import { host } from '../support/evergrant.ts';

/** `evergrant/browser` as a bundler makes it for an application. */
export const bundle = async (entry: 'index' | 'react'): Promise<string> => {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: true,
      lib: { entry: join(import.meta.dirname, `../../src/browser/${entry}.ts`), formats: ['es'], fileName: entry },
      // The hook is measured by itself: whoever uses it has the rest already.
      rolldownOptions: { external: entry === 'react' ? ['react', /\/browser\/index\.ts$/, './index.ts'] : [] },
    },
  });
  const [output] = [result].flat();
  if (!output || !('output' in output)) throw new Error('nothing was built');
  return output.output[0].code;
};

/** Connects with the options of the test, and writes down what it is told. */
const page = `<!doctype html><meta name="viewport" content="width=device-width"><title>Application</title>
<button id="connect">Connect</button><button id="stop">Stop</button>
<script type="module">
  import { connect, returned } from '/evergrant.js';
  Object.assign(window, { steps: [], heard: 0, outcome: null, options: {}, cameBack: returned() });
  addEventListener('message', () => { window.heard += 1; });
  document.querySelector('#connect').onclick = () => {
    const stop = new AbortController();
    document.querySelector('#stop').onclick = () => stop.abort();
    const { onlyUrl, ...options } = window.options;
    const started = fetch('/flow', { method: 'POST' });
    const flow = onlyUrl ? started.then((r) => r.json()).then(({ url }) => ({ url })) : started;
    connect(flow, { signal: stop.signal, onStep: (step) => steps.push(step), ...options }).then(
      (end) => { window.outcome = { end }; },
      (error) => { window.outcome = { error: error.code && error.name === 'ConnectError' ? error.code : error.name }; },
    );
  };
  window.ready = true;
</script>`;

export interface ClientApplication {
  origin: string;
  /** Begins a flow when the page asks for one. Throwing is a server that fails. */
  begins(start: () => Promise<unknown>): void;
}

/** An application that uses the helper for browsers, with a page at every path, until the suite ends. */
export const startClientApplication = async (): Promise<ClientApplication> => {
  const code = await bundle('index');
  let start: () => Promise<unknown> = () => Promise.reject(new Error('no flow'));
  const server = createServer((request, response) => {
    if (request.url === '/evergrant.js') response.setHeader('content-type', 'text/javascript').end(code);
    else if (request.url === '/favicon.ico') response.writeHead(204).end();
    else if (request.method !== 'POST') response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    else {
      start().then(
        (flow) => response.setHeader('content-type', 'application/json').end(JSON.stringify(flow)),
        () => response.writeHead(500).end(),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    origin: `http://${host}:${(server.address() as AddressInfo).port}`,
    begins: (how) => {
      start = how;
    },
  };
};

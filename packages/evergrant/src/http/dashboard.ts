import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { HttpDependencies, HttpEnv } from './deps.ts';

/** What a browser loads to show the dashboard. */
export interface DashboardFiles {
  /** The one document of all pages. */
  document: string;
  /** By their name; names carry a hash of what is in them. */
  assets: ReadonlyMap<string, Asset>;
}

interface Asset {
  type: string;
  plain: Uint8Array<ArrayBuffer>;
  gzipped: () => Promise<Uint8Array<ArrayBuffer>>;
}

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/**
 * Beside the compiled files in what is published; as the dashboard's own build in a checkout. The difference decides:
 * what lies at the place of the other belongs to somebody else.
 */
const folder = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dashboard/dist' : '../dashboard', import.meta.url),
);

/**
 * Reads the built dashboard.
 *
 * @param publicUrl without a final slash; its path is put before the addresses in the document
 * @returns null where it was not built
 */
export const loadDashboard = (publicUrl: string): DashboardFiles | null => {
  const file = join(folder, 'index.html');
  if (!existsSync(file)) return null;
  const base = new URL(publicUrl).pathname.replace(/\/$/, '');
  const document = readFileSync(file, 'utf8')
    .replaceAll('="./', `="${base}/`)
    .replace('data-base=""', `data-base="${base}"`);
  const assets = readdirSync(join(folder, 'assets')).map((name) => [name, assetOf(name)] as const);
  return { document, assets: new Map(assets) };
};

const compress = promisify(gzip);

const assetOf = (name: string): Asset => {
  const plain = new Uint8Array(readFileSync(join(folder, 'assets', name)));
  let compressed: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return {
    type: types[extname(name)] ?? 'application/octet-stream',
    plain,
    gzipped: () => (compressed ??= compress(plain, { level: 9 }).then((bytes) => new Uint8Array(bytes))),
  };
};

/** Everything that the dashboard has an address for. */
export const dashboardPages: readonly string[] = [
  '/',
  '/sign-in',
  '/welcome',
  '/connections',
  '/connections/:id',
  '/platforms',
  '/platforms/:id',
  '/activity',
  '/webhooks',
  '/webhooks/:id',
  '/keys',
  '/settings',
];

/** Nothing but our own files, and nobody frames it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The dashboard: static files, which ask the API for everything that they show. */
export const addDashboard = (app: OpenAPIHono<HttpEnv>, { dashboard }: HttpDependencies): void => {
  if (!dashboard) return;
  const page = (c: HonoContext<HttpEnv>): Response =>
    c.html(dashboard.document, 200, { 'content-security-policy': contentSecurityPolicy });
  for (const path of dashboardPages) app.get(path, page);
  app.get('/assets/:name', async (c) => {
    const asset = dashboard.assets.get(c.req.param('name'));
    if (!asset) return c.notFound();
    const zipped = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
    return c.body(zipped ? await asset.gzipped() : asset.plain, 200, {
      'content-type': asset.type,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
      ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    });
  });
};

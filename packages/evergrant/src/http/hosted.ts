import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { flowStatus, openChoices, parseFlowError, toFlowAccount } from '../connections/flow-view.ts';
import type { FlowStep } from '../connections/flows.ts';
import { withOutcome } from '../connections/return-url.ts';
import { checkReconnect } from '../connections/view.ts';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { AccountType } from '../providers/define.ts';
import { isConfigured, redirectUriFor } from '../providers/resolve.ts';
import { connections, type FlowRow } from '../store/index.ts';
import { flowCookies } from './cookies.ts';
import type { HttpDependencies, HttpEnv } from './deps.ts';
import { countAddress } from './limits.ts';
import { createPages, type Page } from './pages/index.ts';

type Request = HonoContext<HttpEnv>;

/** The pages for people, as far as the rest of the routes needs them. */
export interface Hosted {
  /** Whether a path is one of a page. */
  serves(path: string): boolean;
  wantsPage(c: Request): boolean;
  errorPage(c: Request, error: EvergrantError, flow?: FlowRow): Response;
  notFoundPage(c: Request): Response;
}

/** Connect pages, callbacks and the explanations of error codes. */
export const addHostedRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): Hosted => {
  const { flows, settings, context } = deps;
  const { publicUrl } = settings;
  const pages = createPages({ publicUrl });
  const cookies = flowCookies(publicUrl);
  const browserOf = (c: Request) => (flowId: string) => cookies.read(c, flowId);

  const show = (c: Request, page: Page): Response =>
    c.html(page.html, page.status as 200, { 'content-security-policy': page.contentSecurityPolicy });

  const errorPage = (c: Request, error: EvergrantError, flow?: FlowRow): Response => {
    const provider = providerView(error.provider ?? flow?.provider ?? providerOfPath(c.req.path));
    if (error.retryAfter !== undefined) c.header('retry-after', String(error.retryAfter));
    return show(
      c,
      pages.error({
        code: error.code,
        detail: error.detail,
        requestId: c.get('requestId'),
        upstream: error.upstream,
        missingScopes: undefined,
        ...(provider ? { provider, redirectUri: redirectUriOf(provider.id) } : {}),
        ...(flow ? { flowId: flow.id, ...endOf(flow, 'failed') } : {}),
      }),
    );
  };

  const providerView = (id: string | null) => {
    if (id === null) return null;
    try {
      return { id, name: deps.providerApps.catalogue.get(id).definition.name };
    } catch {
      return null;
    }
  };

  const redirectUriOf = (id: string): string =>
    redirectUriFor(publicUrl, id, deps.providerApps.catalogue.get(id).redirectUriSetting);

  /** Whom a finished flow tells, and where it leads. */
  const endOf = (flow: FlowRow, status: 'connected' | 'failed') => ({
    openerOrigin: new URL(flow.return_to ?? publicUrl).origin,
    ...(flow.return_to === null ? {} : { returnTo: withOutcome(flow.return_to, flow.id, status) }),
  });

  const step = (c: Request, next: FlowStep, action: string): Response => {
    switch (next.kind) {
      case 'redirect':
        return c.redirect(next.url, 303);
      case 'choose_provider':
        return show(c, pages.chooseProvider({ owner: next.flow.owner, action, providers: configuredProviders() }));
      case 'choose_instance': {
        const { flow, app, fault } = next;
        const { label, placeholder } = app.definition.instance!;
        return show(
          c,
          pages.instance({
            provider: { id: app.provider, name: app.definition.name },
            owner: flow.owner,
            label,
            placeholder,
            action,
            value: fault?.typed ?? app.variables['instance'],
            ...(fault ? { error: fault.error.detail } : {}),
          }),
        );
      }
      case 'confirm': {
        const { definition } = next.app;
        const asked = next.flow.scopes === null ? next.app.scopes : (JSON.parse(next.flow.scopes) as string[]);
        return show(
          c,
          pages.start({
            provider: { id: definition.id, name: definition.name },
            owner: next.flow.owner,
            action,
            expiresAt: new Date(next.flow.expires_at),
            scopes: asked.map((scope) => ({ scope, permits: definition.scopes.facts?.[scope]?.permits })),
            endangers: next.endangers,
            ...(next.reconnectAccount === null ? {} : { reconnectAccount: next.reconnectAccount }),
          }),
        );
      }
    }
  };

  const configuredProviders = () =>
    deps.providerApps.catalogue
      .list()
      .filter(isConfigured)
      .map(({ definition }) => ({ id: definition.id, name: definition.name }));

  const limited: MiddlewareHandler<HttpEnv> = (c, next) => {
    countAddress(deps, c, 'callback');
    return next();
  };
  app.use('/connect/*', limited);
  app.use('/integrations/*', limited);

  app.get('/connect/:link', async (c) => {
    // A prefetch is not a person, nor is the HEAD of a link checker: it must not bind the flow to whoever sends it.
    const purpose = c.req.header('sec-purpose') ?? c.req.header('purpose') ?? '';
    if (c.req.method === 'HEAD' || /prefetch|preview/i.test(purpose)) return c.body(null, 204);
    const link = c.req.param('link');
    const { step: next, newBrowser } = await flows.open(link, browserOf(c));
    if (newBrowser !== null) cookies.write(c, next.flow.id, newBrowser);
    return step(c, next, `${publicUrl}/connect/${link}`);
  });

  app.post('/connect/:link', async (c) => {
    refuseForeignForm(c, publicUrl);
    const link = c.req.param('link');
    const form = await c.req.parseBody();
    const text = (name: string) => (typeof form[name] === 'string' ? form[name] : undefined);
    const choice = { provider: text('provider'), instance: text('instance')?.slice(0, 2000) };
    return step(c, await flows.confirm(link, browserOf(c), choice), `${publicUrl}/connect/${link}`);
  });

  for (const path of ['/integrations/social/:provider', '/integrations/social/:provider/']) {
    app.get(path, async (c) => {
      const { hostname, search, searchParams: parameters } = new URL(c.req.url);
      const provider = c.req.param('provider')!;
      // Platforms that want 127.0.0.1 in place of localhost return to a host that has no cookie of ours. Behind a proxy,
      // as there always is one with https, it is the proxy that names us so.
      if (hostname === '127.0.0.1' && publicUrl.startsWith('http://localhost')) {
        return c.redirect(`${redirectUriOf(provider)}${search}`, 303);
      }
      const flow = await flows.callback(provider, parameters, browserOf(c));
      return c.redirect(`${publicUrl}/connect/done/${flow.id}#done`, 303);
    });
    // `response_mode=form_post`: a cross-site POST brings no Lax cookie, the GET that follows it does.
    app.post(path, async (c) => {
      const query = new URLSearchParams(await c.req.text());
      return c.redirect(`${redirectUriOf(c.req.param('provider')!)}?${query.toString()}`, 303);
    });
  }

  app.get('/integrations/social/:provider/:document{[a-z-]+\\.json}', async (c) => {
    const client = context.apps.list().find((app) => app.provider === c.req.param('provider'));
    const published = client && (await context.apps.protocol(client).documents?.(client));
    const document = new Map(Object.entries(published ?? {})).get(c.req.param('document'));
    if (document === undefined) throw new EvergrantError('not_found');
    return c.json(document);
  });

  const done = async (c: Request, error?: string): Promise<Response> => {
    const flow = await flows.existing(c.req.param('flow') ?? '');
    if (!flows.isBrowserOf(flow, cookies.read(c, flow.id))) throw new EvergrantError('flow_browser_mismatch');
    const provider = providerView(flow.provider) ?? { id: '', name: 'the platform' };
    switch (flowStatus(flow, context.clock.now())) {
      case 'connected':
        return show(c, await resultPage(flow, provider));
      case 'choosing':
        return show(
          c,
          pages.chooseAccounts({
            provider,
            action: `${publicUrl}/connect/done/${flow.id}/accounts`,
            accounts: openChoices(context, flow)
              .accounts.map(toFlowAccount)
              .map((account) => ({
                ...account,
                type: account.type as AccountType,
                unavailable: account.unavailable ?? undefined,
              })),
            multiple: true,
            ...(error === undefined ? {} : { error }),
          }),
        );
      case 'failed':
        return errorPage(c, parseFlowError(flow), flow);
      case 'expired':
        return errorPage(c, new EvergrantError('flow_expired'), flow);
      case 'pending':
        return show(c, pages.waiting({ provider }));
    }
  };

  const resultPage = async (flow: FlowRow, provider: { id: string; name: string }): Promise<Page> => {
    const ids = JSON.parse(flow.connection_ids) as string[];
    const rows =
      ids.length === 0 ? [] : await connections.list(context.store.db, { ids, limit: ids.length }, context.clock.now());
    const missing = [...new Set(rows.flatMap((row) => JSON.parse(row.scopes_missing) as string[]))];
    const facts = deps.providerApps.catalogue.get(provider.id).definition.scopes.facts ?? {};
    return pages.result({
      status: missing.length > 0 ? 'limited' : 'connected',
      provider,
      accounts: rows.map((row) => ({
        type: row.account_type as AccountType,
        name: row.name,
        username: row.username,
        picture: row.picture,
      })),
      missingScopes: missing.map((scope) => ({ scope, permits: facts[scope]?.permits })),
      flowId: flow.id,
      ...endOf(flow, 'connected'),
    });
  };

  app.get('/connect/done/:flow', (c) => done(c));

  app.post('/connect/done/:flow/accounts', async (c) => {
    refuseForeignForm(c, publicUrl);
    const flow = await flows.existing(c.req.param('flow'));
    if (!flows.isBrowserOf(flow, cookies.read(c, flow.id))) throw new EvergrantError('flow_browser_mismatch');
    const form = await c.req.parseBody({ all: true });
    const ids = [form['account_ids'] ?? []].flat().filter((id) => typeof id === 'string');
    try {
      await flows.choose(flow.id, ids);
    } catch (error) {
      if (!isEvergrantError(error, 'invalid_request')) throw error;
      return done(c, error.detail);
    }
    return c.redirect(`${publicUrl}/connect/done/${flow.id}#done`, 303);
  });

  app.get('/reconnect/:connection/:proof', async (c) => {
    const row = await connections.byId(context.store.db, c.req.param('connection'));
    if (!row || !checkReconnect(context, row.id, c.req.param('proof'))) throw new EvergrantError('flow_not_found');
    const flow = await flows.start({ owner: row.owner, connectionId: row.id });
    return c.redirect(flow.url, 303);
  });

  app.get('/errors/:code', (c) => show(c, pages.errorReference(c.req.param('code'))));

  return {
    serves: (path) => /^\/(?:connect|integrations|reconnect|errors)\//.test(path),
    wantsPage: (c) => c.req.method === 'GET' && (c.req.header('accept') ?? '').includes('text/html'),
    errorPage,
    notFoundPage: (c) => show(c, pages.notFound()),
  };
};

/** The provider whose answer a callback brings, also where it fits no flow. */
const providerOfPath = (path: string): string | null => /^\/integrations\/social\/([^/]+)/.exec(path)?.[1] ?? null;

/**
 * A form of ours is sent by a page of ours: what says that it comes from elsewhere is refused (CSRF). Sec-Fetch-Site
 * decides where there is one: our pages send no referrer, and for that browsers send `Origin: null` with their forms.
 */
const refuseForeignForm = (c: Request, publicUrl: string): void => {
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  const foreign =
    site === undefined
      ? origin !== undefined && origin !== new URL(publicUrl).origin
      : site !== 'same-origin' && site !== 'none';
  if (foreign) throw new EvergrantError('permission_denied', { detail: 'The form was sent from another site' });
};

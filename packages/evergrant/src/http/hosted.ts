import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { flowStatus, openChoices, parseFlowError, toFlowAccount } from '../connections/flow-view.ts';
import type { FlowStep } from '../connections/flows.ts';
import { withOutcome } from '../connections/return-url.ts';
import { checkReconnect, reconnectUrl } from '../connections/view.ts';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { AccountType } from '../providers/define.ts';
import { isConfigured, redirectUriFor } from '../providers/resolve.ts';
import { connections, type FlowRow } from '../store/index.ts';
import { flowCookies, presentationCookies } from './cookies.ts';
import type { HttpDependencies, HttpEnv } from './deps.ts';
import { countAddress } from './limits.ts';
import { createPages, type Page, type Pages } from './pages/index.ts';
import { isLanguage, type Language, preferredLanguage } from './pages/texts/index.ts';

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
  const pagesFor = createPageSet(deps);
  const cookies = flowCookies(publicUrl);
  const presentations = presentationCookies(publicUrl);
  const browserOf = (c: Request) => (flowId: string) => cookies.read(c, flowId);

  const show = (c: Request, page: Page): Response =>
    c.html(page.html, page.status as 200, {
      'content-security-policy': page.contentSecurityPolicy,
      vary: 'Accept-Language',
    });

  /** The pages in the language of whoever asks: what the settings demand, what the flow's link said, what the browser wants. */
  const pagesOf = (c: Request, flow?: FlowRow): Pages => {
    const { language } = flow ? presentations.read(c, flow.id) : { language: undefined };
    const wanted = settings.branding.language ?? c.req.query('lang') ?? language;
    return pagesFor(isLanguage(wanted) ? wanted : preferredLanguage(c.req.header('accept-language')));
  };

  const errorPage = (c: Request, error: EvergrantError, flow?: FlowRow): Response => {
    const provider = providerView(error.provider ?? flow?.provider ?? providerOfPath(c.req.path));
    if (error.retryAfter !== undefined) c.header('retry-after', String(error.retryAfter));
    return show(
      c,
      pagesOf(c, flow).error({
        code: error.code,
        detail: error.detail,
        requestId: c.get('requestId'),
        upstream: error.upstream,
        missingScopes: undefined,
        ...(provider ? { provider, redirectUri: redirectUriOf(provider.id) } : {}),
        retryAction: retryAfter(c, error, flow),
        ...(flow ? { flowId: flow.id, ...endOf(c, flow, 'failed') } : {}),
      }),
    );
  };

  /** Where the person can start again by themselves, without the application. */
  const retryAfter = (c: Request, { code }: EvergrantError, flow?: FlowRow): string | undefined => {
    if (flow?.connection_id && code !== 'connection_not_found') {
      return reconnectUrl(context, publicUrl, flow.connection_id);
    }
    const untouched = code === 'rate_limited' || code === 'storage_unavailable' || code === 'permission_denied';
    return untouched && c.req.path.startsWith('/connect/') ? `${publicUrl}${pageOf(c.req.path)}` : undefined;
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
  const endOf = (c: Request, flow: FlowRow, status: 'connected' | 'failed') => ({
    inPopup: presentations.read(c, flow.id).inPopup,
    openerOrigin: new URL(flow.return_to ?? publicUrl).origin,
    ...(flow.return_to === null ? {} : { returnTo: withOutcome(flow.return_to, flow.id, status) }),
  });

  const step = (c: Request, next: FlowStep, action: string): Response => {
    const pages = pagesOf(c, next.flow);
    switch (next.kind) {
      case 'redirect':
        return c.redirect(next.url, 303);
      case 'choose_provider':
        return show(c, pages.chooseProvider({ owner: next.flow.owner, action, providers: configuredProviders() }));
      case 'choose_instance': {
        const { flow, app, fault } = next;
        const { label, placeholder, isAccount } = app.definition.instance!;
        return show(
          c,
          pages.instance({
            provider: { id: app.provider, name: app.definition.name },
            owner: flow.owner,
            kind: isAccount ? 'handle' : 'server',
            label,
            placeholder,
            action,
            value: app.variables['instance'],
            ...(fault ? { fault: { typed: fault.typed, code: fault.error.code, detail: fault.error.detail } } : {}),
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
      .map(({ definition }) => ({ id: definition.id, name: definition.name }))
      .toSorted((one, other) => one.name.localeCompare(other.name, 'en'));

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
    const presentation = { language: c.req.query('lang'), inPopup: c.req.query('window') === 'popup' };
    if (isLanguage(presentation.language) || presentation.inPopup) presentations.write(c, next.flow.id, presentation);
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
      const browser = { tokenOf: browserOf(c), flowIds: () => cookies.flowIds(c) };
      const flow = await flows.callback(provider, parameters, browser);
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

  const done = async (c: Request, nothingChosen = false): Promise<Response> => {
    const flow = await flows.existing(c.req.param('flow') ?? '');
    if (!flows.isBrowserOf(flow, cookies.read(c, flow.id))) throw new EvergrantError('flow_browser_mismatch');
    const provider = providerView(flow.provider) ?? { id: '', name: 'the platform' };
    const pages = pagesOf(c, flow);
    switch (flowStatus(flow, context.clock.now())) {
      case 'connected':
        return show(c, await resultPage(c, flow, provider));
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
            nothingChosen,
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

  const resultPage = async (c: Request, flow: FlowRow, provider: { id: string; name: string }): Promise<Page> => {
    const ids = JSON.parse(flow.connection_ids) as string[];
    const rows =
      ids.length === 0 ? [] : await connections.list(context.store.db, { ids, limit: ids.length }, context.clock.now());
    const missing = [...new Set(rows.flatMap((row) => JSON.parse(row.scopes_missing) as string[]))];
    const facts = deps.providerApps.catalogue.get(provider.id).definition.scopes.facts ?? {};
    const [mended] = rows.filter((row) => (JSON.parse(row.scopes_missing) as string[]).length > 0);
    return pagesOf(c, flow).result({
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
      ...(mended ? { mendAction: reconnectUrl(context, publicUrl, mended.id) } : {}),
      ...endOf(c, flow, 'connected'),
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
      return done(c, true);
    }
    return c.redirect(`${publicUrl}/connect/done/${flow.id}#done`, 303);
  });

  app.get('/reconnect/:connection/:proof', async (c) => {
    const row = await connections.byId(context.store.db, c.req.param('connection'));
    if (!row || !checkReconnect(context, row.id, c.req.param('proof'))) throw new EvergrantError('flow_not_found');
    const flow = await flows.start({ owner: row.owner, connectionId: row.id });
    return c.redirect(flow.url, 303);
  });

  app.get('/errors/:code', (c) => show(c, pagesOf(c).errorReference(c.req.param('code'))));

  app.get(logoPath, (c) => {
    const logo = deps.logo();
    if (logo === null) throw new EvergrantError('not_found');
    // An SVG opened by itself is a document: it must neither run nor load anything.
    c.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    c.header('cache-control', 'public, max-age=3600');
    return c.body(logo.body, 200, { 'content-type': logo.type });
  });

  return {
    serves: (path) => /^\/(?:branding|connect|integrations|reconnect|errors)\//.test(path),
    wantsPage: (c) => c.req.method === 'GET' && (c.req.header('accept') ?? '').includes('text/html'),
    errorPage,
    notFoundPage: (c) => show(c, pagesOf(c).notFound()),
  };
};

const logoPath = '/branding/logo';

/** Makes the pages of each language when the first is asked for, and anew when the logo has come. */
const createPageSet = ({ settings, logo }: HttpDependencies) => {
  const make = (withLogo: boolean) => {
    const { publicUrl, branding } = settings;
    const of = (language: Language) =>
      createPages({
        publicUrl,
        language,
        applicationName: branding.name ?? undefined,
        colour: branding.color,
        logo: withLogo ? `${new URL(publicUrl).pathname.replace(/\/+$/, '')}${logoPath}` : null,
      });
    return { en: of('en'), de: of('de') } satisfies Record<Language, Pages>;
  };
  const made: Partial<Record<'plain' | 'withLogo', Record<Language, Pages>>> = {};
  return (language: Language): Pages => {
    const kind = logo() === null ? 'plain' : 'withLogo';
    made[kind] ??= make(kind === 'withLogo');
    return made[kind][language];
  };
};

/** The page that a form of ours belongs to. */
const pageOf = (path: string): string => path.replace(/\/accounts$/, '');

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

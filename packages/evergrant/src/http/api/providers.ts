import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { parseFailure } from '../../grants/failure.ts';
import { type AnyDefinition, hasRenewal } from '../../providers/define.ts';
import type { Catalogue } from '../../providers/load.ts';
import {
  isConfigured,
  lacksSecret,
  lacksSecretText,
  type ResolvedProvider,
  redirectUriFor,
} from '../../providers/resolve.ts';
import { oddsText, providersAtOdds } from '../../providers/sharing.ts';
import { type GateRow, gates } from '../../store/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { provider } from '../examples.ts';
import { createRoute } from '../route.ts';
import { idOf, json, pageOf, problems, time } from '../schemas.ts';

export const providerSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    protocol: z.enum(['oauth2', 'oauth1', 'atproto']),
    configured: z.boolean().openapi({ description: 'Whether there is an app, so that accounts can be connected' }),
    scopes: z.array(
      z.object({
        scope: z.string(),
        permits: z.string().nullable().openapi({ description: 'What it lets the application do' }),
        required: z.boolean(),
        requested: z.boolean().openapi({ description: 'Whether a flow asks for it unless it is narrowed' }),
      }),
    ),
    traits: z.object({
      max_concurrent_job: z.int().nullable().openapi({ description: 'Calls at a time, over all servers' }),
      one_time_token: z.boolean().openapi({ description: 'Whether each renewal brings a new refresh token' }),
      refresh_wait: z.number().openapi({ description: 'Seconds until a new token is usable' }),
      refreshable: z.boolean(),
      revocation_ends: z.enum(['token', 'person']),
      consent_ends: z.enum(['nothing', 'other_scopes', 'oldest']).openapi({
        description:
          'What a login ends of what the same person granted this app before: what was granted with other scopes, or the oldest of many',
      }),
    }),
    simulated: z.boolean().openapi({ description: 'Whether the sandbox plays it: then no app can be set' }),
    warnings: z.array(z.string()).openapi({ description: 'What the operator should mend in the settings' }),
    redirect_uri: z.string().openapi({ description: "To be pasted into the platform's console, letter by letter" }),
    instance: z.object({ label: z.string(), placeholder: z.string() }).nullable(),
    setup: z
      .object({
        console: z.string(),
        steps: z.array(z.string()),
        redirect_uri: z.string().nullable(),
        review: z.string().nullable(),
      })
      .nullable(),
    health: z.object({
      status: z.enum(['ok', 'blocked']),
      by: z.enum(['credentials', 'outage']).nullable(),
      error_code: z.string().nullable(),
      since: time.nullable(),
    }),
  })
  .openapi('Provider', { examples: [provider] });

/** The platforms: what they can, and how an app is registered there. */
export const addProviderRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { store } = deps.context;
  const gateOf = (rows: GateRow[], { definition, clientId }: ResolvedProvider): GateRow | undefined =>
    rows.find((row) => row.provider === definition.id && row.client_id === clientId);
  const body = (provider: ResolvedProvider, rows: GateRow[]) =>
    providerBody(provider, deps.providerApps.catalogue, deps.settings.publicUrl, gateOf(rows, provider));

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/providers',
      operationId: 'listProviders',
      summary: 'List the platforms, by name',
      security: [{ apiKey: ['connections:read'] }],
      middleware: requires(deps, 'connections:read'),
      responses: { 200: json('All of them', pageOf(providerSchema)), ...problems },
    }),
    async (c) => {
      const rows = await gates.list(store.db);
      return c.json(
        { data: deps.providerApps.catalogue.list().map((provider) => body(provider, rows)), next_cursor: null },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/providers/{id}',
      operationId: 'getProvider',
      summary: 'Read a platform',
      security: [{ apiKey: ['connections:read'] }],
      middleware: requires(deps, 'connections:read'),
      request: { params: idOf('platform', provider.id) },
      responses: { 200: json('The platform', providerSchema), ...problems },
    }),
    async (c) => {
      const provider = deps.providerApps.catalogue.get(c.req.valid('param').id);
      return c.json(body(provider, await gates.list(store.db)), 200);
    },
  );
};

const providerBody = (
  provider: ResolvedProvider,
  catalogue: Catalogue,
  publicUrl: string,
  gate: GateRow | undefined,
): z.infer<typeof providerSchema> => {
  const { definition } = provider;
  const { instance, setup } = definition;
  return {
    id: definition.id,
    name: definition.name,
    protocol: definition.protocol.kind,
    configured: isConfigured(provider),
    scopes: scopesOf(provider),
    traits: traitsOf(definition),
    warnings: warningsOf(provider, catalogue),
    simulated: provider.simulated,
    redirect_uri: redirectUriFor(publicUrl, definition.id, provider.redirectUriSetting),
    instance: instance ? { label: instance.label, placeholder: instance.placeholder } : null,
    setup: setup
      ? {
          console: setup.console,
          steps: setup.steps,
          redirect_uri: setup.redirectUri ?? null,
          review: setup.review ?? null,
        }
      : null,
    health: healthOf(gate),
  };
};

const warningsOf = (provider: ResolvedProvider, catalogue: Catalogue): string[] => [
  ...(lacksSecret(provider) ? [lacksSecretText(provider)] : []),
  ...providersAtOdds(catalogue.list())
    .filter((pair) => pair.includes(provider))
    .map(oddsText),
];

const scopesOf = ({ definition: { scopes }, scopes: requested }: ResolvedProvider) => {
  const all = new Set([...scopes.required, ...(scopes.optional ?? []), ...requested]);
  return [...all].map((scope) => ({
    scope,
    permits: scopes.facts?.[scope]?.permits ?? null,
    required: scopes.required.includes(scope),
    requested: requested.includes(scope),
  }));
};

const traitsOf = ({
  protocol,
  refresh = {},
  maxConcurrentJob,
  refreshWait = 0,
  revocationEnds = 'person',
  consentEnds,
}: AnyDefinition) => ({
  max_concurrent_job: maxConcurrentJob ?? null,
  one_time_token: refresh.rotates === 'always',
  refresh_wait: refreshWait,
  refreshable: hasRenewal({ protocol, refresh }),
  revocation_ends: revocationEnds,
  consent_ends: consentEndsOf(consentEnds),
});

const consentEndsOf = (rule: AnyDefinition['consentEnds']) => {
  if (rule === undefined) return 'nothing' as const;
  return rule === 'other-scopes' ? ('other_scopes' as const) : ('oldest' as const);
};

const healthOf = (gate: GateRow | undefined): z.infer<typeof providerSchema>['health'] => {
  if (!gate?.blocked_by) return { status: 'ok', by: null, error_code: null, since: null };
  return {
    status: 'blocked',
    by: gate.blocked_by,
    error_code: parseFailure(gate.error)?.code ?? null,
    since: gate.opened_at === null ? null : new Date(gate.opened_at).toISOString(),
  };
};

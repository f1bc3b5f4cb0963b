import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { EvergrantError } from '../errors/index.ts';
import type { PartialDefinition } from '../providers/define.ts';
import { createAtprotoPlatform, playAtproto } from './atproto/index.ts';
import { createStage, type Stage } from './control.ts';
import { createOAuth1Platform, playOAuth1 } from './oauth1/index.ts';
import { checkedBaseUrl, segmentOf } from './origins.ts';
import { avatar } from './pages/avatar.ts';
import { createPlatform, isPlayableAtproto, isPlayableOAuth1, isPlayableOAuth2, unplayable } from './platform.ts';
import { type Play, playOAuth2 } from './play.ts';
import { reroutedDefinition, sandboxPlatform } from './sandbox-provider.ts';
import { openState } from './state.ts';
import type { Decision, Lifetimes, NodeBindings, Sandbox, SandboxOptions, SandboxPlatform } from './types.ts';
import type { World } from './world.ts';

/**
 * Simulated platforms, for trying Evergrant out and for tests: consent page, token endpoint, profile and revocation of
 * each given provider, played from its fixture, and a conforming provider `sandbox` besides. Nothing leaves the
 * computer, and nobody proves who they are, so it serves loopback addresses only.
 *
 * @throws EvergrantError `definition_invalid` when `baseUrl` is not on loopback or a platform cannot be played,
 *   `storage_unavailable` when the state file cannot be read
 *
 * @example
 * const sandbox = createSandbox({ baseUrl: 'http://localhost:3000/sandbox', platforms: [{ definition, fixture }], clock: systemClock });
 * serve({ fetch: sandbox.fetch, hostname: 'localhost', port: 3000 });
 */
export const createSandbox = (options: SandboxOptions): Sandbox => {
  const { baseUrl, clock, stateFile, lifetimes = {} } = options;
  const base = typeof baseUrl === 'function' ? () => checkedBaseUrl(baseUrl()) : constant(checkedBaseUrl(baseUrl));
  const world: World = {
    clock,
    state: openState(stateFile),
    codes: new Map(),
    requestTokens: new Map(),
    pushed: new Map(),
    nonces: new Map(),
    base,
  };
  const players = new Map(
    [sandboxPlatform, ...options.platforms.filter((source) => source !== sandboxPlatform)].map((source) => {
      const play = createPlay(world, source, lifetimes);
      return [source.definition.id, { play, stage: createStage(world, play) }];
    }),
  );
  const player = (id: string): Player => {
    const found = players.get(id);
    if (!found)
      throw new EvergrantError('provider_unknown', { provider: id, detail: `The sandbox does not play “${id}”.` });
    return found;
  };
  const origins = (id: string): Record<string, string> =>
    Object.fromEntries(
      player(id).play.platform.origins.map((origin) => [origin, `${base()}/${id}/${segmentOf(origin)}`]),
    );

  let app: Hono<{ Bindings: NodeBindings | undefined }> | undefined;
  const fetch = async (request: Request, bindings?: NodeBindings): Promise<Response> => {
    app ??= createApp(world, (id) => players.get(id));
    return app.fetch(request, bindings);
  };
  return {
    fetch,
    origins,
    appFor: (id) => ({ ...player(id).play.platform.client }),
    instance: (id, person) => player(id).play.instance(person),
    overrides: (id) => overridesOf(player(id).play, lifetimes),
    get definition() {
      return reroutedDefinition(sandboxPlatform.definition, origins('sandbox'));
    },
    control: (id) => player(id).stage.control,
    consent: (authorizationUrl, decision) => consent(fetch, player, world, authorizationUrl, decision),
  };
};

const overridesOf = ({ platform, instance, options }: Play, { accessToken }: Lifetimes): PartialDefinition => {
  // The page that asks for the instance suggests the one that is played.
  const suggested = instance();
  return {
    // Tokens of two minutes never come of age.
    ...(accessToken === 'documented' ? {} : { refresh: { ...platform.definition.refresh, minimumAgeSeconds: 0 } }),
    ...(suggested === null ? {} : { options: { ...options, instance: suggested } }),
  };
};

const constant = (value: string) => () => value;

interface Player {
  play: Play;
  stage: Stage;
}

type FindPlayer = (id: string) => Player | undefined;

const createPlay = (world: World, source: SandboxPlatform, lifetimes: Lifetimes): Play => {
  const { definition, fixture } = source;
  if (isPlayableOAuth2(definition)) return playOAuth2(world, createPlatform({ definition, fixture }, lifetimes));
  if (isPlayableOAuth1(definition)) return playOAuth1(world, createOAuth1Platform({ definition, fixture }, lifetimes));
  if (isPlayableAtproto(definition))
    return playAtproto(world, createAtprotoPlatform({ definition, fixture }, lifetimes));
  throw unplayable(definition, 'OAuth 2.0 is played with named endpoints and without a verified ID token only');
};

/** Made at the first request, when the base URL and so the path of the mount are known. */
const createApp = (world: World, find: FindPlayer): Hono<{ Bindings: NodeBindings | undefined }> => {
  const path = new URL(world.base()).pathname.replace(/\/$/, '');
  const app = new Hono<{ Bindings: NodeBindings | undefined }>();
  app.use(bodyLimit({ maxSize: 1024 * 1024 }));
  app.get(`${path}/avatar/:file{.+\\.svg}`, (c) => avatar(c.req.param('file').replace(/\.svg$/, '')));
  app.all(`${path}/:platform/:host/*`, async (c) => {
    const found = find(c.req.param('platform'));
    const origin = found?.play.platform.origins.find((known) => segmentOf(known) === c.req.param('host'));
    if (!found || !origin) return c.notFound();
    const { pathname, search } = new URL(c.req.url);
    const rest = pathname.split('/').slice(path.split('/').length + 2);
    const received = await found.play.receive(c.req.raw, new URL(`/${rest.join('/')}${search}`, origin));
    return found.stage.perform(received, () => found.play.act(received), c.req.raw, c.env);
  });
  return app;
};

const consent = async (
  fetch: Sandbox['fetch'],
  player: (id: string) => Player,
  world: World,
  authorizationUrl: string,
  { name, scopes, accounts, deny }: Decision = {},
): Promise<string> => {
  const id = authorizationUrl.slice(world.base().length + 1).split('/')[0]!;
  const { play } = player(id);
  const form = new URLSearchParams({ decision: deny ? 'deny' : 'allow', name: name ?? '' });
  for (const scope of scopes ?? play.asked(new URL(authorizationUrl))) form.append('scope', scope);
  for (const account of accounts ?? play.platform.fixture.accounts.map((known) => known.id)) {
    form.append('account', account);
  }
  const answer = await fetch(new Request(authorizationUrl, { method: 'POST', body: form }));
  const location = answer.headers.get('location');
  if (location) return location;
  throw new EvergrantError('callback_malformed', {
    provider: id,
    detail: 'The simulated platform showed a fault instead of returning.',
  });
};

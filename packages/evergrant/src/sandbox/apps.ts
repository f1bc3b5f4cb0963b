import { createHmac } from 'node:crypto';
import { oauthError } from './answers.ts';
import { rewrite } from './json.ts';
import { isLoopback } from './origins.ts';
import type { Platform } from './platform.ts';
import type { Received } from './received.ts';
import type { World } from './world.ts';

/** An app at a simulated platform. What it is restricted to is null where it was not registered by request. */
export interface SandboxApp {
  clientId: string;
  clientSecret: string;
  registered: { redirectUri: string; scopes: string[] } | null;
}

/*
 * The client id of an app that was registered by request says itself for what, and is signed: the sandbox keeps no list
 * of them, and knows them again after a restart.
 */

const digest = (world: World, purpose: string, text: string): string =>
  createHmac('sha256', world.state.key).update(`${purpose} ${text}`).digest('base64url').slice(0, 22);

const appOf = (world: World, clientId: string, registered: NonNullable<SandboxApp['registered']>): SandboxApp => ({
  clientId,
  clientSecret: `sandbox-secret.${digest(world, 'secret', clientId)}`,
  registered,
});

/** The app of a client id; null: the platform knows none. */
export const findApp = (world: World, platform: Platform, clientId: string | null): SandboxApp | null => {
  if (clientId === platform.client.clientId) return { ...platform.client, registered: null };
  const [, payload, facts] = /^(sandbox-app\.[a-z0-9-]+\.([\w-]+))\.[\w-]+$/.exec(clientId ?? '') ?? [];
  if (!platform.registration || !payload || !facts) return null;
  if (clientId !== `${payload}.${digest(world, 'app', payload)}`) return null;
  if (!payload.startsWith(`sandbox-app.${platform.id}.`)) return null;
  const [redirectUri, scopes] = JSON.parse(Buffer.from(facts, 'base64url').toString()) as [string, string[]];
  return appOf(world, clientId, { redirectUri, scopes });
};

/** Answers a registration as the platform's fixture does, with credentials of the sandbox. */
export const answerRegistration = (world: World, platform: Platform, { parameters }: Received): Response => {
  const { redirectUriParameter, scopesParameter, clientId: idAt, clientSecret: secretAt } = platform.registration!;
  const redirectUri = parameters.get(redirectUriParameter) ?? '';
  if (!isLoopback(redirectUri)) {
    return Response.json({ error: 'Validation failed: Redirect URI must be an absolute URI.' }, { status: 422 });
  }
  const { separator = ' ' } = platform.definition.scopes;
  const scopes = (parameters.get(scopesParameter) ?? '').split(separator).filter(Boolean);
  const payload = `sandbox-app.${platform.id}.${Buffer.from(JSON.stringify([redirectUri, scopes])).toString('base64url')}`;
  const app = appOf(world, `${payload}.${digest(world, 'app', payload)}`, { redirectUri, scopes });
  const sample = platform.fixture.registration;
  if (!sample) return oauthError(500, 'server_error', 'The fixture holds no answer to a registration.');
  const body = rewrite(sample.body, (leaf, key) => {
    if (key === idAt) return app.clientId;
    return key === secretAt ? app.clientSecret : leaf;
  });
  return Response.json(body, { status: sample.status });
};

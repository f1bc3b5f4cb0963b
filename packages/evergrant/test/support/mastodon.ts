import type { Answer, Received } from '../security/authorization-server.ts';
import { makeSecret } from '../security/canaries.ts';
import type { Harness } from '../security/support.ts';

/** An app as an instance has it. */
export interface RegisteredApp {
  clientId: string;
  clientSecret: string;
  redirectUri: string;
  scopes: string;
}

/**
 * Has a server of a harness behave as a Mastodon instance does: apps are registered by request, and client, redirect URI
 * and scopes are held to what was registered.
 */
export const playMastodon = (harness: Harness, server: string) => {
  const stub = harness.stubs[server]!;
  const apps: RegisteredApp[] = [];
  stub.behaviour.expiresIn = undefined;
  stub.behaviour.extra = () => ({ refresh_token: undefined });
  stub.accounts.set('alice', {
    id: '14715',
    username: 'alice',
    ...{ display_name: 'Alice Adams', avatar: 'https://files.example/a.png', url: 'https://social.example/@alice' },
  });

  const register = ({ form }: Received): Answer => {
    const app = {
      clientId: makeSecret(`${server}_`),
      clientSecret: harness.canaries.add('client secret', makeSecret('cs_')),
      redirectUri: form.get('redirect_uris') ?? '',
      scopes: form.get('scopes') ?? '',
    };
    apps.push(app);
    return { body: { id: '1', client_id: app.clientId, client_secret: app.clientSecret, client_secret_expires_at: 0 } };
  };

  const clientOf = ({ form }: Received): RegisteredApp | undefined =>
    apps.find((app) => app.clientId === form.get('client_id') && app.clientSecret === form.get('client_secret'));

  /** Hands a request of a known app to the stub, which knows one client. */
  const forApp =
    (path: string) =>
    (received: Received): Answer => {
      const app = clientOf(received);
      if (!app) return { status: 401, body: { error: 'invalid_client' } };
      const form = new URLSearchParams(received.form);
      if (form.has('redirect_uri') && form.get('redirect_uri') !== app.redirectUri) {
        return { status: 400, body: { error: 'invalid_grant' } };
      }
      form.set('client_id', stub.client.id);
      form.set('client_secret', stub.client.secret);
      return stub.behave({ ...received, headers: {}, path, form });
    };

  stub.answer('/api/v1/apps', register);
  stub.answer('/oauth/token', forApp('/token'));
  stub.answer('/oauth/revoke', forApp('/revoke'));
  stub.answer('/api/v1/accounts/verify_credentials', (received) => stub.behave({ ...received, path: '/me' }));
  return {
    stub,
    apps,
    register,
    /** As old servers do with apps that nobody uses. */
    forgetApps: () => apps.splice(0),
    registrations: () => stub.requestsTo('/api/v1/apps').length,
  };
};

/** The setting that leads instances to the servers of a harness, by host. */
export const instancesAt = (harness: Harness, hosts: Record<string, string>) => ({
  providers: {
    mastodon: {
      origins: Object.fromEntries(
        Object.entries(hosts).map(([host, server]) => [`https://${host}`, harness.stubs[server]!.origin]),
      ),
    },
  },
});

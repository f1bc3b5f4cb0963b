import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { Register } from '../protocols/oauth2/register.ts';
import type { App, AppSettings } from '../protocols/types.ts';
import type { InstanceRegistration } from '../providers/define.ts';
import { instanceApps, type Registered } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import { Secret } from '../telemetry/secret.ts';
import type { Context } from './context.ts';
import { day } from './timing.ts';

/** The apps of providers that register one at each instance. An app's settings here have the variable `instance`. */
export interface InstanceApps {
  /**
   * The client id with which a flow begins, registered first where none is known for this redirect URI and these scopes.
   * @throws EvergrantError as `Register`, naming the instance
   */
  clientIdOf(app: AppSettings, registration: InstanceRegistration): Promise<string>;
  /** @throws EvergrantError `provider_not_configured` when no such app was ever registered here */
  secretOf(app: App): Promise<Secret>;
  /** The instance does not know the app any more: the next flow registers another. */
  retire(app: App): Promise<void>;
  /** Forgets apps, now and then, with which nothing was connected or all of it has gone. */
  prune(): Promise<void>;
}

/** An app that is not used is kept for so long, in milliseconds. */
const unusedKept = 30 * day;
const betweenPrunings = day / 24;

/**
 * So old, an app without a living consent is registered anew: servers older than Mastodon 4.3 delete such apps, and would
 * show the person an error without ever sending them back.
 */
const forgottenAfter = day;

export const createInstanceApps = (
  { store, vault, clock, logger }: Pick<Context, 'store' | 'vault' | 'clock' | 'logger'>,
  register: Register,
  publicUrl: string,
): InstanceApps => {
  const underWay = new Map<string, Promise<string>>();
  let pruneAt = 0;

  const findOrRegister = async (app: AppSettings, registration: InstanceRegistration, wanted: Registered) => {
    const known = await instanceApps.current(store.db, wanted);
    const isYoung = known && known.created_at + forgottenAfter > clock.now();
    if (known && (isYoung || (await instanceApps.isInUse(store.db, known)))) return known.client_id;
    const { clientId, clientSecret } = await register(app, registration, publicUrl).catch((error: unknown) => {
      throw isEvergrantError(error) ? naming(wanted.instance, error) : error;
    });
    logger.info({ provider: app.provider, instance: wanted.instance }, 'registered an app at an instance');
    const id = newId('app');
    return store.transaction(async (tx) => {
      if (known) await instanceApps.retire(tx, known.id, clock.now());
      await instanceApps.insertUnlessThere(tx, {
        ...wanted,
        id,
        client_id: clientId,
        client_secret_sealed: vault.seal(clientSecret.reveal(), place(id)),
        created_at: clock.now(),
        retired_at: null,
      });
      // Another node may have been faster; its app is then the one, and ours stays unused.
      return (await instanceApps.current(tx, wanted))!.client_id;
    });
  };

  return {
    clientIdOf(app, registration) {
      const { provider, redirectUri, scopes, variables } = app;
      const scopeSet = [...new Set(scopes)].sort().join(' ');
      const wanted = { provider, instance: variables['instance']!, redirect_uri: redirectUri, scopes: scopeSet };
      const key = JSON.stringify(Object.values(wanted));
      const running =
        underWay.get(key) ?? findOrRegister(app, registration, wanted).finally(() => void underWay.delete(key));
      underWay.set(key, running);
      return running;
    },
    async secretOf(app) {
      const row = await instanceApps.byClient(store.db, keyOf(app));
      if (row) return new Secret(vault.open(row.client_secret_sealed, place(row.id)));
      throw new EvergrantError('provider_not_configured', {
        provider: app.provider,
        detail: `The app with which the account was connected at ${app.variables['instance']} is not known here`,
      });
    },
    async retire(app) {
      const row = await instanceApps.byClient(store.db, keyOf(app));
      if (row) await instanceApps.retire(store.db, row.id, clock.now());
    },
    async prune() {
      if (clock.now() < pruneAt) return;
      pruneAt = clock.now() + betweenPrunings;
      await instanceApps.removeUnused(store.db, clock.now() - unusedKept);
    },
  };
};

const keyOf = ({ provider, clientId, variables }: App) => ({
  provider,
  client_id: clientId,
  instance: variables['instance']!,
});

const place = (id: string) => ({ table: 'instance_apps', column: 'client_secret_sealed', row: id });

/** Says at which server it went wrong: the person may have mistyped its name. */
const naming = (instance: string, error: EvergrantError): EvergrantError => {
  const { code, detail, provider, retryAfter, upstream } = error;
  const named = detail?.includes(instance) ? detail : [instance, detail].filter(Boolean).join(': ');
  return new EvergrantError(code, { provider, retryAfter, upstream, detail: named, extensions: { instance } });
};

import { isEvergrantError } from '../../errors/index.ts';
import { findByDid, findByHandle, type Identity, type Named, type ResolveTxt } from './identity.ts';
import type { AtprotoApp, Network } from './network.ts';
import type { Servers } from './servers.ts';

/** Where a sign-in begins: the account, where it was named, and the authorization server that may speak for it. */
export interface Start {
  identity: Identity | null;
  issuer: string;
}

/** Who an account is, told by the network and not by the server that gave the token. */
export interface Confirmed extends Identity {
  issuer: string;
}

export interface Sessions {
  /** Where an account lives and who may speak for it; its handle is what it claims. @throws EvergrantError as `begin` */
  locate(app: AtprotoApp, did: string): Promise<Confirmed>;
  /** @throws EvergrantError `instance_not_found`, `target_not_allowed`, `provider_unavailable`, `provider_timeout` */
  begin(app: AtprotoApp, named: Named): Promise<Start>;
  /**
   * As `locate`, with a handle that leads back to the account; left out where it does not.
   * @param known a handle that was confirmed before
   * @throws EvergrantError as `begin`
   */
  confirm(app: AtprotoApp, did: string, known?: string): Promise<Confirmed>;
}

export const createSessions = (network: Network, servers: Servers, resolveTxt: ResolveTxt): Sessions => {
  const ofAccount = async (app: AtprotoApp, identity: Identity): Promise<Start> => ({
    identity,
    issuer: await servers.issuerOf(app, identity.pds),
  });

  /** A data server, or an authorization server that serves several of them. */
  const ofServer = async (app: AtprotoApp, url: string): Promise<Start> => {
    try {
      return { identity: null, issuer: await servers.issuerOf(app, url) };
    } catch (error) {
      if (!isEvergrantError(error, 'instance_not_found')) throw error;
      return { identity: null, issuer: (await servers.describe(app, url)).issuer };
    }
  };

  const locate: Sessions['locate'] = async (app, did) => {
    const identity = await findByDid(network, app, did);
    return { ...identity, issuer: await servers.issuerOf(app, identity.pds) };
  };

  return {
    locate,

    async begin(app, named) {
      if (named.kind === 'server') return ofServer(app, named.url);
      if (named.kind === 'did') return ofAccount(app, await findByDid(network, app, named.did));
      try {
        return await ofAccount(app, await findByHandle(network, resolveTxt, app, named.handle));
      } catch (error) {
        if (!isEvergrantError(error, 'instance_not_found')) throw error;
        // People name their server as well, and nobody can tell a host from a handle by its look.
        return ofServer(app, `https://${named.handle}`).catch(() => {
          throw error;
        });
      }
    },

    async confirm(app, did, known) {
      const found = await locate(app, did);
      if (found.handle === null || found.handle === known) return found;
      const named = await findByHandle(network, resolveTxt, app, found.handle).catch(() => null);
      return { ...found, handle: named?.did === did ? found.handle : null };
    },
  };
};

import { isEvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import { openCredentials } from '../grants/credentials.ts';
import { untilUsable } from '../grants/refresh-wait.ts';
import { connections, grants } from '../store/index.ts';
import { identify } from './identify.ts';
import { storeFacts } from './reread.ts';

/**
 * Asks the platform anew what the accounts of a grant are called and look like. Names and pictures are an ornament: where
 * they cannot be had, what is known stays, and nothing is thrown.
 */
export const refreshProfile = async (context: Context, connectionId: string): Promise<void> => {
  try {
    const connection = await connections.byId(context.store.db, connectionId);
    const grant = connection && (await grants.byId(context.store.db, connection.grant_id));
    if (!grant) return;
    await untilUsable(context, grant);
    const { accessToken, extra } = openCredentials(context.vault, grant);
    const scopes = JSON.parse(grant.scopes_granted) as string[];
    const app = context.apps.ofGrant(grant);
    await storeFacts(context, grant, await identify(context.apps.getJson, app, { accessToken, extra, scopes }));
  } catch (error) {
    const code = isEvergrantError(error) ? error.code : 'internal';
    context.logger.debug({ connection: connectionId, error_code: code }, 'the profile could not be asked for anew');
  }
};

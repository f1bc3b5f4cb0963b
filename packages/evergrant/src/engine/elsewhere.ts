import type { Context } from '../grants/context.ts';
import type { RenewalOutcome, Renewals } from '../grants/renew.ts';
import { grants } from '../store/index.ts';
import type { Engine } from './types.ts';

/** Renewals that somebody waits for, sent from wherever the engine has them sent: who reads need not know. */
export const throughEngine = (context: Context, renewals: Renewals, engine: () => Engine | null): Renewals => {
  const elsewhere = new Map<string, Promise<RenewalOutcome>>();
  return {
    ...renewals,
    async renew(grantId, mode, seen) {
      const running = engine();
      if (!running?.renewElsewhere) return renewals.renew(grantId, mode, seen);
      const grant = await grants.byId(context.store.db, grantId);
      if (grant?.status !== 'active') return { kind: 'gone' };
      const { provider, generation } = grant;
      if (seen !== undefined && generation > seen) return { kind: 'superseded' };
      const shared = elsewhere.get(grantId);
      if (shared) return shared;
      const renewing = running.renewElsewhere(provider, { grantId, generation, mode });
      if (!renewing) return renewals.renew(grantId, mode, seen);
      const tracked = renewing.finally(() => elsewhere.delete(grantId));
      elsewhere.set(grantId, tracked);
      return tracked;
    },
  };
};

import { fillPlaceholders, reroute } from '../../egress/origins.ts';
import { type Egress, TransportError } from '../../egress/types.ts';
import { EvergrantError } from '../../errors/index.ts';
import type { AtprotoProtocol } from '../../providers/define.ts';
import { isLoopback } from '../../settings/url.ts';
import { parseJson } from '../json.ts';
import { variablesOf } from '../placeholders.ts';
import type { App } from '../types.ts';

/** An app whose provider speaks AT Protocol. */
export type AtprotoApp = App<AtprotoProtocol>;

/** A document of the network. Each address but the directory's was named by a stranger. */
export interface Document {
  status: number;
  text: string;
  /** Undefined when it is not JSON. */
  json: unknown;
}

export interface Network {
  /**
   * Fetches a small document. Redirects are not followed.
   * @throws EvergrantError `target_not_allowed` when the guard refuses the address
   * @throws TransportError when no whole answer came
   */
  get(app: AtprotoApp, url: string): Promise<Document>;
}

/** Several of them precede a renewal, whose claim does not last long. */
const timeoutMs = 4_000;
const maxBytes = 262_144;

export const createNetwork = (egress: Egress): Network => ({
  async get(app, url) {
    const target = reroute(url, app.origins);
    const { status, body } = await egress.send({
      method: 'GET',
      url: target,
      headers: { accept: 'application/json, text/plain;q=0.9' },
      trustedOrigins: reachable(app, target),
      timeoutMs,
      maxBytes,
    });
    return { status, text: body, json: parseJson(body) };
  },
});

/** A URL of the definition; null where the option that it consists of is not set. */
export const declaredUrl = (app: AtprotoApp, name: 'plcUrl' | 'handleResolver'): string | null => {
  const declared = app.definition.protocol[name];
  const variables = variablesOf(app);
  const option = /^\{(\w+)\}$/.exec(declared ?? '')?.[1];
  if (!declared || (option !== undefined && !variables[option])) return null;
  return fillPlaceholders(declared, variables).replace(/\/+$/, '');
};

/**
 * Which origins a request may reach beyond the public ones. In a network whose directory or resolver the operator has
 * put on loopback, the hosts found through it may be there too; in any other, whoever names one wants us to attack
 * ourselves.
 *
 * @param target after rerouting
 */
export const reachable = (app: AtprotoApp, target: string): ReadonlySet<string> => {
  const url = URL.parse(target);
  if (!url || !isLoopback(url.hostname) || !isLocal(app)) return app.trustedOrigins;
  return new Set([...app.trustedOrigins, url.origin]);
};

const isLocal = (app: AtprotoApp): boolean =>
  (['plcUrl', 'handleResolver'] as const).some((name) => {
    const declared = declaredUrl(app, name);
    const url = declared === null ? null : URL.parse(reroute(declared, app.origins));
    return url !== null && isLoopback(url.hostname) && app.trustedOrigins.has(url.origin);
  });

/** What was asked for is not there, or is not what it should be: the person has named something else. */
export const notFound = (app: AtprotoApp, detail: string): EvergrantError =>
  new EvergrantError('instance_not_found', { provider: app.provider, detail });

/** A server of the network that cannot be asked now. */
export const unavailable = (app: AtprotoApp, error: unknown): EvergrantError => {
  if (!(error instanceof TransportError)) throw error;
  const code = error.timedOut ? 'provider_timeout' : 'provider_unavailable';
  return new EvergrantError(code, { provider: app.provider, detail: error.message });
};

import { reroute } from '../../egress/origins.ts';
import type { Egress, EgressAnswer } from '../../egress/types.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { authenticationOf } from './client.ts';
import type { Proofs } from './dpop.ts';
import { type AtprotoApp, reachable } from './network.ts';
import type { AuthorizationServer } from './servers.ts';

/** A form for an authorization server. */
export interface Posted {
  server: AuthorizationServer;
  endpoint: string;
  /** The grant's own, as JSON Web Key. */
  proofKey: string;
  parameters: Record<string, string>;
  /** Called before each request that is sent, see `EgressRequest`. */
  beforeSend?: () => void;
}

/**
 * Sends a form with client authentication and a proof of possession.
 *
 * A server that misses its nonce has not acted on the request (RFC 9449 section 8), so the same code or refresh token
 * is sent once more at once, under a new assertion and a new proof.
 *
 * @throws TransportError when no whole answer came
 */
export type Post = (app: AtprotoApp, posted: Posted) => Promise<EgressAnswer>;

export const createPost =
  (egress: Egress, proofs: Proofs, clock: Clock, keyOf: (provider: string) => Promise<string>): Post =>
  async (app, { server, endpoint, proofKey, parameters, beforeSend }) => {
    const url = reroute(endpoint, app.origins);
    const send = async () => {
      const authentication = await authenticationOf(app, server.issuer, {
        clock,
        keyOf: () => keyOf(app.provider),
      });
      const answer = await egress.send({
        method: 'POST',
        url,
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          dpop: proofs.prove({ key: proofKey, method: 'POST', url: endpoint }),
        },
        body: new URLSearchParams({ ...parameters, ...authentication }).toString(),
        trustedOrigins: reachable(app, url),
        beforeSend,
      });
      return { answer, again: proofs.heard(endpoint, answer) };
    };
    const first = await send();
    return first.again ? (await send()).answer : first.answer;
  };

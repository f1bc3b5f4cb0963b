/**
 * OAuth 2.0 (RFC 6749) with PKCE (RFC 7636) over the protocol library `oauth4webapi`. The library builds requests and
 * judges answers; what platforms do differently is put right around it, as far as their definition declares it.
 *
 * @module
 */
import type { Egress, EgressRequest } from '../../egress/types.ts';
import type { OAuth2Protocol, TokenRequestShape } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { variablesOf } from '../placeholders.ts';
import { rawAnswer } from '../transport.ts';
import type { OAuth2App, Protocol, RawAnswer } from '../types.ts';
import { createAuthorize } from './authorize.ts';
import { createValidateCallback } from './callback.ts';
import { createDiscovery } from './discovery.ts';
import { requireTarget } from './endpoints.ts';
import { createRead } from './read.ts';
import { createRevoke } from './revoke.ts';
import { sign } from './sign.ts';
import { exchangeRequest, ownGrantRequest, renewalRequest, type TokenRequest } from './token-request.ts';

export { type Classification, classify, type ErrorAnswer } from '../errors.ts';

/** What the exchange and every renewal repeat of the callback. */
const carriedNames = ({ exchange, refreshRequest }: OAuth2Protocol): string[] => [
  ...(exchange?.carry ?? []),
  ...(refreshRequest?.carry ?? []),
];

const pick = (names: readonly string[] = [], from: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = Object.hasOwn(from, name) ? from[name] : undefined;
      return value ? [[name, value]] : [];
    }),
  );

/** @returns the protocol; what it remembers (discovered metadata) is its own */
export const createOAuth2 = (egress: Egress, { clock, logger }: { clock: Clock; logger: Logger }): Protocol => {
  const discover = createDiscovery(egress, clock);
  const validateCallback = createValidateCallback(discover, logger);

  const prepare = async (
    app: OAuth2App,
    shape: TokenRequestShape = {},
    { extra = {}, carried = {} }: { extra?: Record<string, string>; carried?: Record<string, string> } = {},
  ): Promise<TokenRequest> => {
    const variables = variablesOf(app, { extra });
    const declared = shape.endpoint ?? app.definition.protocol.tokenEndpoint;
    const target = await requireTarget(discover, app, { declared, name: 'token_endpoint', variables });
    return { app, shape, target, variables, carried };
  };

  const send = async (request: EgressRequest): Promise<RawAnswer> => rawAnswer(await egress.send(request));

  const protocol: Protocol<OAuth2Protocol> = {
    authorize: createAuthorize(discover),

    carry: ({ definition: { protocol } }, parameters) => pick(carriedNames(protocol), Object.fromEntries(parameters)),

    async checkCallback(app, input) {
      await validateCallback(app, input);
    },

    async sendExchange(app, input) {
      const parameters = await validateCallback(app, input);
      const { exchange } = app.definition.protocol;
      const carried = pick(exchange?.carry, { ...input.secrets.carried, ...Object.fromEntries(parameters) });
      const request = await prepare(app, exchange, { carried });
      return send(await exchangeRequest(request, parameters, input));
    },

    async sendUpgrade(app, tokens) {
      const { upgrade } = app.definition.protocol;
      if (!upgrade) return null;
      const request = await prepare(app, upgrade, { extra: tokens.extra });
      return send(await ownGrantRequest(request, tokens.accessToken));
    },

    async sendRenewal(app, input, beforeSend) {
      const { extra } = input;
      const { protocol: definition } = app.definition;
      const migrates = input.refreshToken === null && definition.migration !== undefined;
      const request = await prepare(app, migrates ? definition.migration!.request : definition.refreshRequest, {
        extra,
        carried: pick(carriedNames(definition), extra),
      });
      return send({ ...(await renewalRequest(request, input)), beforeSend });
    },

    read: createRead(clock),
    revoke: createRevoke(egress, discover, clock),
    sign,
  };
  return protocol;
};

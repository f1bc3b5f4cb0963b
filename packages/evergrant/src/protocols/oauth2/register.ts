import { fillPlaceholders, reroute } from '../../egress/origins.ts';
import type { Egress } from '../../egress/types.ts';
import { EvergrantError } from '../../errors/index.ts';
import type { InstanceRegistration } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { Secret } from '../../telemetry/secret.ts';
import { classify } from '../errors.ts';
import { errorOf } from '../failure.ts';
import { parseJson } from '../json.ts';
import { readPath } from '../json-path.ts';
import { fillTexts } from '../placeholders.ts';
import { encodeRequest, sendForAnswer } from '../transport.ts';
import type { AppSettings } from '../types.ts';

/** An app as an instance gave it. */
export interface Registration {
  clientId: string;
  clientSecret: Secret;
}

/**
 * Registers an app at an instance, for the redirect URI and all the scopes of its settings: dynamic registration in the
 * platform's own way (RFC 7591 is one such way).
 *
 * @param app with the variable `instance`
 * @param publicUrl shown to people at the instance
 * @throws EvergrantError `instance_unsupported` when no such server answers, `target_not_allowed` when it may not be
 *   asked, `provider_unavailable`, `provider_timeout`, `provider_rate_limited`, or what its refusal means
 */
export type Register = (
  app: AppSettings,
  registration: InstanceRegistration,
  publicUrl: string,
) => Promise<Registration>;

/** The longest credential that is believed: these travel in addresses. */
const longestCredential = 1024;

export const createRegister =
  (egress: Egress, clock: Clock): Register =>
  async (app, registration, publicUrl) => {
    const { definition, provider, variables } = app;
    const scopes = app.scopes.join(definition.scopes.separator ?? ' ');
    const values = { ...variables, redirectUri: app.redirectUri, scopes, publicUrl };
    const request = encodeRequest({
      url: reroute(fillPlaceholders(registration.endpoint, variables), app.origins),
      method: 'POST',
      encoding: registration.encoding ?? 'form',
      parameters: new URLSearchParams(fillTexts(registration.parameters, values)),
      headers: { accept: 'application/json' },
    });
    const answer = await sendForAnswer(egress, { ...request, trustedOrigins: app.trustedOrigins }, provider);
    const failure = classify(definition, 'register', answer, clock.now());
    if (failure) throw errorOf(app, failure, answer.status);
    const body = parseJson(answer.body);
    const clientId = credentialAt(body, registration.clientId ?? 'client_id');
    const secret = credentialAt(body, registration.clientSecret ?? 'client_secret');
    if (clientId !== null && secret !== null) return { clientId, clientSecret: new Secret(secret) };
    throw new EvergrantError('instance_unsupported', { provider, upstream: { status: answer.status } });
  };

/** Some servers number their apps. */
const credentialAt = (body: unknown, path: string): string | null => {
  const value = readPath(body, path);
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  return typeof text === 'string' && /^[\x20-\x7e]+$/.test(text) && text.length <= longestCredential ? text : null;
};

import { type ErrorCode, sanitise } from '../errors/index.ts';
import {
  type AnyDefinition,
  type ErrorClass,
  type ErrorRule,
  hasRenewal,
  type Phase,
  type ProtocolDefinition,
} from '../providers/define.ts';
import { holdsToken, parseBody, tokenResponseOf } from './body.ts';
import { codeOf, harmless, isRefusal, matches, type Report, readReport, reportsErrorUnder200 } from './report.ts';
import { retryAfterOf } from './retry-after.ts';
import { lowerCaseNames } from './transport.ts';

/** What an answer is about to be classified by. */
export interface ErrorAnswer {
  /** Not looked at in the phase `authorize`. */
  status: number;
  headers?: Record<string, string>;
  /** The text as it came, or parsed; in the phase `authorize` an object of the callback's parameters. */
  body: unknown;
  /** The path of the call, in the phase `api`. */
  path?: string;
}

export interface Classification {
  class: ErrorClass;
  /** Our code: the rule's own, else what the class means in this phase. */
  error: ErrorCode;
  /** The platform's code, with `/subcode` where its dialect has one. */
  code?: string;
  /** The platform's sentence, safe to show. */
  description?: string;
  /** The line of the definition's dialect that decided; absent: a default did. */
  rule?: ErrorRule;
  /** Seconds. */
  retryAfter?: number;
}

/** The members of a definition that decide what an error means. */
export type Dialect = Pick<AnyDefinition, 'protocol' | 'handleErrors' | 'api' | 'refresh'>;

/** A class with the code it has by default; without one the class and the phase give it. */
type Meaning = Pick<Classification, 'class'> & { error?: ErrorCode };

/**
 * Classifies an answer of a platform (the provider operation `handleErrors`): by phase, then by the definition's
 * dialect, then by the standard codes (RFC 6749 sections 4.1.2.1 and 5.2), then by status. A server error at the token
 * endpoint is never a verdict about the credential, whatever its body and the dialect say.
 *
 * @param now milliseconds since the epoch, for a `Retry-After` that is a date in an answer without a date
 * @returns null when the answer is no error, or in the phase `api` none that concerns the connection
 */
export const classify = (
  definition: Dialect,
  phase: Phase,
  answer: ErrorAnswer,
  now?: number,
): Classification | null => {
  const { protocol, handleErrors = [], api } = definition;
  const headers = lowerCaseNames(answer.headers);
  const body = parseBody(tokenResponseOf(protocol), headers['content-type'], answer.body);
  const report = readReport(protocol, phase, { ...answer, body });
  const evidence = evidenceOf(protocol, phase, report, body);
  if (evidence === 'none') return null;

  const beyondRules = report.status >= 500 && isTokenPhase(phase);
  const rule = beyondRules ? undefined : handleErrors.find((candidate) => matches(candidate, phase, report));
  if (!rule && evidence === 'only by rule') return null;
  const meaning: Meaning | null = rule
    ? { class: rule.is, error: rule.error }
    : defaultMeaning(definition, phase, report);
  if (!meaning) return null;

  const code = codeOf(report);
  const reset = phase === 'api' ? api.rateLimitReset : undefined;
  const retryAfter = retryAfterOf(headers, reset, now) ?? rule?.retryAfter;
  return {
    class: meaning.class,
    error: meaning.error ?? errorOfClass(meaning.class, phase),
    ...(code ? { code: sanitise(code, 100) } : {}),
    ...(report.description ? { description: harmless(report.description) } : {}),
    ...(rule ? { rule } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
};

const isTokenPhase = (phase: Phase): boolean => phase === 'exchange' || phase === 'refresh';

/**
 * Whether the answer is an error. Success is a status of 2xx unless the definition knows better; `errorsUnder200` is
 * about the authorization server, so an API answer under 2xx is an error by it only when a rule knows the code.
 */
const evidenceOf = (
  protocol: ProtocolDefinition,
  phase: Phase,
  report: Report,
  body: unknown,
): 'error' | 'only by rule' | 'none' => {
  if (phase === 'authorize') return isRefusal(report, body) ? 'error' : 'none';
  if (report.status < 200 || report.status > 299) return 'error';
  const shape = tokenResponseOf(protocol);
  if (isTokenPhase(phase) && holdsToken(shape, body)) return 'none';
  if (reportsErrorUnder200(protocol, body)) return 'error';
  if (!shape.errorsUnder200 || report.code === undefined) return 'none';
  return phase === 'api' ? 'only by rule' : 'error';
};

const meaning = (is: ErrorClass, error?: ErrorCode): Meaning => ({ class: is, error });

/** RFC 9449 sections 5 and 8. The proof is of our making, or a clock is wrong: no credential is at fault. */
const proofCodes = ['use_dpop_nonce', 'invalid_dpop_proof'].map(
  (code) => [code, meaning('retry', 'dpop_rejected')] as const,
);

/** RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6, and LinkedIn's and Facebook's names for the same. */
const authorizeCodes: ReadonlyMap<string, Meaning> = new Map([
  ...proofCodes,
  ...['access_denied', 'user_cancelled_login', 'user_cancelled_authorize', 'user_denied'].map(
    (code) => [code, meaning('reconnect', 'consent_denied')] as const,
  ),
  ...['login_required', 'interaction_required', 'consent_required', 'account_selection_required'].map(
    (code) => [code, meaning('reconnect', 'login_required_at_provider')] as const,
  ),
  ['invalid_scope', meaning('app-misconfigured', 'scope_unavailable')],
  ['unauthorized_scope_error', meaning('app-misconfigured', 'scope_unavailable')],
  ['invalid_client', meaning('app-misconfigured', 'provider_app_credentials_invalid')],
  ['redirect_uri_mismatch', meaning('app-misconfigured', 'redirect_uri_mismatch')],
  ['invalid_redirect_uri', meaning('app-misconfigured', 'redirect_uri_mismatch')],
  ['server_error', meaning('retry')],
  ['temporarily_unavailable', meaning('retry')],
]);

/** RFC 6749 section 5.2; `slow_down` from RFC 8628, which some platforms use outside the device flow. */
const tokenCodes: ReadonlyMap<string, Meaning> = new Map([
  ...proofCodes,
  ['invalid_grant', meaning('reconnect')],
  ['invalid_client', meaning('app-misconfigured', 'provider_app_credentials_invalid')],
  ['unauthorized_client', meaning('app-misconfigured', 'provider_app_not_allowed')],
  ['unsupported_grant_type', meaning('app-misconfigured', 'provider_app_not_allowed')],
  ['redirect_uri_mismatch', meaning('app-misconfigured', 'redirect_uri_mismatch')],
  ['invalid_redirect_uri', meaning('app-misconfigured', 'redirect_uri_mismatch')],
  ['invalid_scope', meaning('app-misconfigured', 'scope_unavailable')],
  ['invalid_request', meaning('bad-body')],
  ['server_error', meaning('retry')],
  ['temporarily_unavailable', meaning('retry')],
  ['slow_down', meaning('rate-limit')],
]);

const defaultMeaning = (definition: Dialect, phase: Phase, { status, code }: Report): Meaning | null => {
  if (phase === 'authorize') {
    return authorizeCodes.get(code ?? '') ?? meaning('app-misconfigured', 'provider_app_not_allowed');
  }
  if (status >= 500) return meaning('retry');
  if (status === 429) return meaning('rate-limit');
  if (phase === 'register') return registrationMeaning(status, code);
  if (phase === 'api') return apiMeaning(definition, status);
  const known = tokenCodes.get(code ?? '');
  if (known) return known;
  // RFC 6749 section 5.2 gives 401 to failed client authentication alone; before the consent there is nobody else.
  if (status === 401 && (code === undefined || phase === 'request'))
    return meaning('app-misconfigured', 'provider_app_credentials_invalid');
  return meaning('bad-body');
};

/** A server that understands the request refuses what it says (RFC 7591 section 3.2.2); any other is not of this kind. */
const registrationMeaning = (status: number, code: string | undefined): Meaning =>
  [400, 401, 403, 422].includes(status) && code !== undefined ? meaning('app-misconfigured') : meaning('bad-body');

/** RFC 6750 section 3.1 gives 401 to a token that is refused. A 2xx gets here only when the definition calls it an error. */
const apiMeaning = (definition: Dialect, status: number): Meaning | null => {
  if (status === 401) return meaning(hasRenewal(definition) ? 'refresh-token' : 'reconnect');
  return status < 300 ? meaning('bad-body') : null;
};

/** What a class means where neither a rule nor the standard names a finer code. */
const errorOfClass = (is: ErrorClass, phase: Phase): ErrorCode => {
  switch (is) {
    case 'reconnect':
      return deadCredential(phase);
    case 'refresh-token':
      // An access token that is refused while it is being renewed or fetched leaves nothing to renew with.
      return phase === 'api' ? 'provider_bad_response' : deadCredential(phase);
    case 'missing-scope':
      return phase === 'authorize'
        ? 'scope_unavailable'
        : phase === 'refresh'
          ? 'reauth_required'
          : 'scope_insufficient';
    case 'app-misconfigured':
      return isTokenPhase(phase) || phase === 'revoke' || phase === 'request'
        ? 'provider_app_credentials_invalid'
        : 'provider_app_not_allowed';
    case 'rate-limit':
      return 'provider_rate_limited';
    case 'retry':
      return 'provider_unavailable';
    case 'bad-body':
      return phase === 'register' ? 'instance_unsupported' : 'provider_bad_response';
  }
};

const deadCredential = (phase: Phase): ErrorCode => {
  if (phase === 'authorize') return 'consent_denied';
  return phase === 'exchange' ? 'code_rejected' : 'reauth_required';
};

import { describe, expect, it } from 'vitest';
import { type ErrorRule, type ErrorShape, oauth1, type Phase } from '../providers/define.ts';
import { classify, type ErrorAnswer } from './errors.ts';
import { canaries, definitionOf } from './oauth2/test-support.ts';

const withRules = (...handleErrors: ErrorRule[]) => definitionOf({}, { handleErrors });
const withShape = (errors: ErrorShape, ...handleErrors: ErrorRule[]) => definitionOf({ errors }, { handleErrors });
const plain = definitionOf();

describe('classify: the standard', () => {
  it.each<[Phase, number, string | undefined, string, string]>([
    ['exchange', 400, 'invalid_grant', 'reconnect', 'code_rejected'],
    ['refresh', 400, 'invalid_grant', 'reconnect', 'reauth_required'],
    ['refresh', 401, 'invalid_grant', 'reconnect', 'reauth_required'],
    ['refresh', 401, 'invalid_client', 'app-misconfigured', 'provider_app_credentials_invalid'],
    ['refresh', 401, undefined, 'app-misconfigured', 'provider_app_credentials_invalid'],
    ['refresh', 401, 'something_else', 'bad-body', 'provider_bad_response'],
    ['refresh', 400, 'unauthorized_client', 'app-misconfigured', 'provider_app_not_allowed'],
    ['exchange', 400, 'unsupported_grant_type', 'app-misconfigured', 'provider_app_not_allowed'],
    ['exchange', 400, 'redirect_uri_mismatch', 'app-misconfigured', 'redirect_uri_mismatch'],
    ['refresh', 400, 'invalid_scope', 'app-misconfigured', 'scope_unavailable'],
    ['refresh', 400, 'invalid_request', 'bad-body', 'provider_bad_response'],
    ['refresh', 400, 'temporarily_unavailable', 'retry', 'provider_unavailable'],
    ['refresh', 400, 'slow_down', 'rate-limit', 'provider_rate_limited'],
    ['refresh', 400, 'constructor', 'bad-body', 'provider_bad_response'],
    ['refresh', 404, undefined, 'bad-body', 'provider_bad_response'],
    ['refresh', 302, undefined, 'bad-body', 'provider_bad_response'],
    ['refresh', 429, 'invalid_grant', 'rate-limit', 'provider_rate_limited'],
    ['refresh', 500, 'invalid_grant', 'retry', 'provider_unavailable'],
    ['refresh', 503, 'invalid_client', 'retry', 'provider_unavailable'],
    ['request', 401, undefined, 'app-misconfigured', 'provider_app_credentials_invalid'],
    ['request', 401, 'something_else', 'app-misconfigured', 'provider_app_credentials_invalid'],
    ['request', 400, 'something_else', 'bad-body', 'provider_bad_response'],
    ['request', 503, undefined, 'retry', 'provider_unavailable'],
    ['api', 401, 'anything', 'refresh-token', 'provider_bad_response'],
    ['api', 429, undefined, 'rate-limit', 'provider_rate_limited'],
    ['api', 502, undefined, 'retry', 'provider_unavailable'],
  ])('%s %d %s is %s', (phase, status, code, is, error) => {
    const body = code === undefined ? '<html>' : { error: code, error_description: 'd' };
    expect(classify(plain, phase, { status, body })).toMatchObject({ class: is, error, ...(code ? { code } : {}) });
  });

  it.each<[Phase, ErrorAnswer]>([
    ['api', { status: 403, body: { error: 'forbidden' } }],
    ['api', { status: 404, body: '' }],
    ['api', { status: 200, body: { error: 'part of the data' } }],
    ['refresh', { status: 200, body: { access_token: 'a' } }],
    ['authorize', { status: 0, body: { code: 'c', state: 's' } }],
  ])('%s %o passes through', (phase, answer) => {
    expect(classify(plain, phase, answer)).toBeNull();
  });

  it.each([
    ['access_denied', 'reconnect', 'consent_denied'],
    ['user_cancelled_login', 'reconnect', 'consent_denied'],
    ['user_cancelled_authorize', 'reconnect', 'consent_denied'],
    ['login_required', 'reconnect', 'login_required_at_provider'],
    ['invalid_scope', 'app-misconfigured', 'scope_unavailable'],
    ['unauthorized_scope_error', 'app-misconfigured', 'scope_unavailable'],
    ['unauthorized_client', 'app-misconfigured', 'provider_app_not_allowed'],
    ['invalid_client', 'app-misconfigured', 'provider_app_credentials_invalid'],
    ['redirect_uri_mismatch', 'app-misconfigured', 'redirect_uri_mismatch'],
    ['server_error', 'retry', 'provider_unavailable'],
    ['never_heard_of', 'app-misconfigured', 'provider_app_not_allowed'],
  ])('a callback with %s is %s', (error, is, code) => {
    expect(classify(plain, 'authorize', { status: 0, body: { error } })).toMatchObject({ class: is, error: code });
  });

  it('does not take the code of a callback for an error where the dialect calls its errors code', () => {
    const definition = withShape({ code: 'code' });
    expect(classify(definition, 'authorize', { status: 0, body: { code: '190', state: 's' } })).toBeNull();
    expect(classify(definition, 'authorize', { status: 0, body: { error_code: 7 } })?.code).toBe('7');
  });
});

describe('classify: a 401 of an API where nothing is ever renewed', () => {
  const refused = { status: 401, body: { message: 'Bad credentials.' } };
  const lasting = definitionOf({}, { refresh: { supported: false } });

  it('needs a person', () => {
    expect(classify(lasting, 'api', refused)).toEqual({ class: 'reconnect', error: 'reauth_required' });
  });

  it('needs a person with OAuth 1.0a, whether the definition says so or not', () => {
    const signed = {
      protocol: oauth1({
        requestTokenEndpoint: 'https://acme.example/request',
        authorizationEndpoint: 'https://acme.example/authorize',
        accessTokenEndpoint: 'https://acme.example/access',
      }),
      api: lasting.api,
    };
    expect(classify(signed, 'api', refused)?.class).toBe('reconnect');
    expect(classify({ ...signed, refresh: { supported: true } }, 'api', refused)?.class).toBe('reconnect');
  });

  it('gives way to a rule, and to a fault that is no verdict about the token', () => {
    const rule: ErrorRule = { phase: 'api', status: 401, is: 'missing-scope' };
    expect(classify({ ...lasting, handleErrors: [rule] }, 'api', refused)?.class).toBe('missing-scope');
    expect(classify(lasting, 'api', { ...refused, status: 403 })).toBeNull();
    expect(classify(lasting, 'api', { ...refused, status: 503 })?.class).toBe('retry');
  });
});

describe('classify: the dialect', () => {
  const graph: ErrorShape = { code: 'error.code', subcode: 'error.error_subcode', description: 'error.message' };
  const graphError = (code: unknown, error_subcode?: number) => ({
    status: 400,
    body: JSON.stringify({ error: { code, error_subcode, message: 'm' } }),
  });

  it('matches code, code/subcode and ranges, the first rule that fits deciding', () => {
    const definition = withShape(
      graph,
      { code: '190/460', is: 'reconnect', reason: 'password_changed' },
      { code: 190, is: 'refresh-token' },
      { code: ['10', '200-299'], is: 'missing-scope' },
    );
    const found = (code: unknown, subcode?: number) => classify(definition, 'api', graphError(code, subcode));
    expect(found(190, 460)).toMatchObject({ class: 'reconnect', code: '190/460', error: 'reauth_required' });
    expect(found(190, 463)).toMatchObject({ class: 'refresh-token', code: '190/463' });
    expect(found(190)).toMatchObject({ class: 'refresh-token', code: '190' });
    expect(found('200')?.class).toBe('missing-scope');
    expect(found(299)?.class).toBe('missing-scope');
    expect(found(300)).toBeNull();
    expect(found('25x')).toBeNull();
  });

  it('matches phase, status and description together', () => {
    const definition = withRules(
      { phase: 'refresh', status: [400, 401], description: 'Refresh Token', is: 'reconnect' },
      { phase: ['exchange', 'refresh'], description: /secret$/g, is: 'app-misconfigured' },
    );
    const body = (error_description: string) => ({ error: 'x', error_description });
    const found = (phase: Phase, status: number, text: string) =>
      classify(definition, phase, { status, body: body(text) });
    expect(found('refresh', 400, 'Invalid refresh token')?.class).toBe('reconnect');
    expect(found('refresh', 403, 'Invalid refresh token')?.class).toBe('bad-body');
    expect(found('exchange', 400, 'Invalid refresh token')?.class).toBe('bad-body');
    expect(found('exchange', 403, 'wrong secret')?.class).toBe('app-misconfigured');
    expect(found('exchange', 403, 'wrong secret')?.class).toBe('app-misconfigured');
  });

  it('tells the same code on different paths apart', () => {
    const dialect = withRules(
      { phase: 'api', code: 'gone', path: /\/teams\/\w+$/, is: 'reconnect' },
      { phase: 'api', code: 'gone', is: 'bad-body' },
    );
    const classOf = (path?: string) => classify(dialect, 'api', { status: 403, body: { error: 'gone' }, path })?.class;
    expect(classOf('/v1/teams/t1')).toBe('reconnect');
    expect(classOf('/v1/teams/t1/posts')).toBe('bad-body');
    expect(classOf()).toBe('bad-body');
  });

  it('a rule wins over the standard and names its own code', () => {
    const rule: ErrorRule = { code: 'invalid_grant', is: 'app-misconfigured', error: 'redirect_uri_mismatch' };
    const found = classify(withRules(rule), 'exchange', { status: 400, body: { error: 'invalid_grant' } });
    expect(found).toMatchObject({ class: 'app-misconfigured', error: 'redirect_uri_mismatch', rule });
  });

  it('no rule makes a server error at the token endpoint a verdict', () => {
    const definition = withRules({ code: 'invalid_grant', is: 'reconnect' });
    const answer = { status: 500, body: { error: 'invalid_grant' } };
    expect(classify(definition, 'refresh', answer)?.class).toBe('retry');
    expect(classify(definition, 'api', answer)?.class).toBe('reconnect');
  });

  it('under 200 needs a declaration: a mark, or errorsUnder200 and no token', () => {
    const body = { ok: false, error: 'invalid_refresh_token', access_token: undefined };
    const answer = { status: 200, body };
    expect(classify(plain, 'refresh', answer)).toBeNull();
    expect(classify(withShape({ under200: { path: 'ok', equals: false } }), 'refresh', answer)?.class).toBe('bad-body');
    const tolerant = definitionOf({ tokenResponse: { errorsUnder200: true } });
    expect(classify(tolerant, 'refresh', answer)?.code).toBe('invalid_refresh_token');
    expect(classify(tolerant, 'refresh', { status: 200, body: { ...body, access_token: 'a' } })).toBeNull();
  });

  it('a mark may say what success looks like, and its absence is no error', () => {
    const definition = withShape({ code: 'code', under200: { path: 'code', notEquals: 0 } });
    expect(classify(definition, 'api', { status: 200, body: { code: 0 } })).toBeNull();
    expect(classify(definition, 'api', { status: 200, body: { data: 1 } })).toBeNull();
    expect(classify(definition, 'api', { status: 200, body: { code: 40105 } })).toMatchObject({ code: '40105' });
  });

  it('errorsUnder200 holds for revocations too, where the same server answers', () => {
    const definition = definitionOf({ tokenResponse: { errorsUnder200: true } });
    const revoked = (body: unknown) => classify(definition, 'revoke', { status: 200, body });
    expect(revoked({ error: 'invalid_client' })).toMatchObject({ class: 'app-misconfigured' });
    expect(revoked({})).toBeNull();
  });

  it('errorsUnder200 makes an API answer an error only when a rule knows the code', () => {
    const definition = definitionOf(
      { tokenResponse: { errorsUnder200: true }, errors: { code: 'error.code' } },
      { handleErrors: [{ phase: 'api', code: 'token_revoked', is: 'reconnect' }] },
    );
    expect(classify(definition, 'api', { status: 200, body: { error: { code: 'ok' } } })).toBeNull();
    expect(classify(definition, 'api', { status: 200, body: { error: { code: 'token_revoked' } } })?.class).toBe(
      'reconnect',
    );
  });

  it('reads forms where the definition accepts forms', () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const answer = { status: 400, headers, body: 'error=invalid_grant&error_description=gone' };
    expect(classify(plain, 'exchange', answer)?.class).toBe('bad-body');
    expect(classify(definitionOf({ tokenResponse: { form: true } }), 'exchange', answer)?.class).toBe('reconnect');
  });
});

describe('classify: when to come back', () => {
  const limited = (headers: Record<string, string>) => ({ status: 429, headers, body: '' });
  const date = 'Thu, 26 Nov 2026 12:00:00 GMT';

  it.each([
    [{ 'retry-after': '30' }, 30],
    [{ 'Retry-After': 'Thu, 26 Nov 2026 12:01:30 GMT', date }, 90],
    [{ 'retry-after': 'Thu, 26 Nov 2026 11:00:00 GMT', date }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': 'Thu, 26 Nov 2026 12:01:30 GMT' }, undefined],
    [{}, undefined],
  ])('%o', (headers, seconds) => {
    expect(classify(plain, 'refresh', limited(headers as Record<string, string>))?.retryAfter).toBe(seconds);
  });

  it('takes the given time for an answer without a date', () => {
    const headers = { 'retry-after': 'Thu, 26 Nov 2026 12:01:30 GMT' };
    expect(classify(plain, 'refresh', limited(headers), Date.parse(date))?.retryAfter).toBe(90);
  });

  it("falls back to the API's own header, then to the rule", () => {
    const api = {
      baseUrl: 'https://api.acme.example',
      rateLimitReset: { header: 'X-Reset', unit: 'unix-seconds' as const },
    };
    const definition = definitionOf({}, { api, handleErrors: [{ status: 429, is: 'rate-limit', retryAfter: 7 }] });
    const at = String(Date.parse(date) / 1000 + 45);
    expect(classify(definition, 'api', limited({ 'x-reset': at, date }))?.retryAfter).toBe(45);
    expect(classify(definition, 'api', limited({ 'x-reset': at, 'retry-after': '3' }))?.retryAfter).toBe(3);
    expect(classify(definition, 'api', limited({}))?.retryAfter).toBe(7);
  });
});

describe('classify: what is shown', () => {
  const describe200 = (error_description: string) =>
    classify(plain, 'refresh', { status: 400, body: { error: 'x', error_description } })?.description;

  it('unescapes HTML once, keeps one line and cuts', () => {
    expect(describe200('it&#39;s &lt;b&gt; &amp;lt; &unknown;')).toBe("it's <b> &lt; &unknown;");
    expect(describe200('a\r\nb\u001b[31m')).toBe('a b [31m');
    expect(describe200('word '.repeat(100))).toHaveLength(200);
  });

  it('takes out tokens that the platform quotes', () => {
    const quoted = describe200(`Token ${canaries.refresh} is not valid, access_token=${canaries.access}`);
    expect(quoted).not.toContain('canary');
    expect(quoted).toContain('is not valid');
    expect(describe200('incorrect_client_credentials')).toBe('incorrect_client_credentials');
  });
});

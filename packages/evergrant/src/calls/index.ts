import { type EgressStream, type StreamingEgress, TransportError } from '../egress/types.ts';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import { openCredentials } from '../grants/credentials.ts';
import { endAccount } from '../grants/failing.ts';
import { type AccessToken, endRejected, readAccessToken, replaceRejected } from '../grants/read.ts';
import type { Renewals } from '../grants/renew.ts';
import { type SignedRequest, signedRequest } from '../protocols/api-request.ts';
import type { Classification } from '../protocols/errors.ts';
import { errorOf } from '../protocols/failure.ts';
import type { App } from '../protocols/types.ts';
import type { ErrorClass } from '../providers/define.ts';
import { connections, grants } from '../store/index.ts';
import { sleep } from '../telemetry/clock.ts';
import { type CallBody, readBody, watched } from './body.ts';
import { forwardedHeaders, returnedHeaders } from './headers.ts';
import { createSlots } from './slots.ts';
import { judge } from './verdict.ts';

/** A call as an application makes it. */
export interface CallRequest {
  method: string;
  /** Below the base address of the provider's API, with its query; or an absolute address on one of its API's origins. */
  target: string;
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  /** Aborted when the caller leaves. */
  signal?: AbortSignal;
}

/** A call that the application makes itself. */
export interface RequestToSign {
  method: string;
  url: string;
  body?: string;
  nonce?: string;
}

/** Whose connections may be called with; null: everybody's. */
interface Caller {
  owner?: string | null;
}

export interface Calls {
  /**
   * Makes a call to the platform, signed, and gives its answer as it is. The access token is renewed first where it is
   * too short, and once where the platform refuses it. What can be repeated is repeated once: after that renewal, after
   * a short rate limit, and, if the method is idempotent (RFC 9110 section 9.2.2), after a fault of the platform.
   *
   * @throws EvergrantError as `getAccessToken`; `target_not_allowed`, `payload_too_large`, `provider_rate_limited`,
   *   `provider_timeout`, `provider_unavailable`
   */
  call(connectionId: string, request: CallRequest, caller?: Caller): Promise<Response>;
  /**
   * Signs a call that the application makes itself.
   *
   * @param request `url` absolute, on one of the API's origins; `body` exactly as it will be sent; `nonce` from the
   *   `DPoP-Nonce` of the platform's last answer, where tokens are bound to a key
   * @returns the headers, with lower-case names; `url` where the platform reads the token in the query
   * @throws EvergrantError as `getAccessToken`; `target_not_allowed`
   */
  sign(
    connectionId: string,
    request: RequestToSign,
    caller?: Caller,
  ): Promise<{ headers: Record<string, string>; url?: string }>;
}

/** A rate limit that is over so soon, in seconds, is waited for. */
const shortLimit = 5;
/** Milliseconds before a call is repeated after a fault of the platform. */
const faultPause = 300;
/** RFC 9110 section 9.2.2. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** What a call is made with. */
interface Bearer {
  connectionId: string;
  grantId: string;
  app: App;
  token: AccessToken;
  extra: Record<string, string>;
  caller: Caller;
}

/** Calls to platforms with the tokens of connections. */
export const createCalls = (context: Context, renewals: Renewals, egress: StreamingEgress): Calls => {
  const { clock, apps } = context;
  const slots = createSlots(context);
  /** Generations, by grant, that a renewal brought after a refusal and that were refused as well: another would not help. */
  const refusedAnew = new Map<string, number>();

  const bearerOf = async (connectionId: string, caller: Caller): Promise<Bearer> => {
    const token = await readAccessToken(context, renewals, connectionId, caller);
    const connection = await connections.byId(context.store.db, connectionId);
    const grant = connection && (await grants.byId(context.store.db, connection.grant_id));
    if (!grant) throw new EvergrantError('connection_not_found', { connectionId });
    const { extra } = openCredentials(context.vault, grant);
    return { connectionId, grantId: grant.id, app: apps.ofGrant(grant), token, extra, caller };
  };

  const signed = (
    bearer: Bearer,
    request: Omit<CallRequest, 'body' | 'signal'>,
    more: { form?: string; nonce?: string } = {},
  ) =>
    signedRequest(
      apps.protocol(bearer.app),
      bearer.app,
      { accessToken: bearer.token.accessToken, extra: bearer.extra },
      {
        method: request.method,
        url: addressOf(bearer.app, request.target),
        callerHeaders: forwardedHeaders(request.headers),
        ...more,
      },
    );

  const send = async (bearer: Bearer, request: CallRequest, body: CallBody) => {
    const form = isForm(request) && body.kind === 'kept' ? new TextDecoder().decode(body.bytes) : undefined;
    const { signedUrl, ...target } = await signed(bearer, request, { form });
    const answer = await sendTo(target, request, body);
    const again = apps.protocol(bearer.app).heard?.(bearer.app, signedUrl, {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
    });
    return { answer, again: again === true, path: new URL(signedUrl).pathname };
  };

  const sendTo = (
    target: Omit<SignedRequest, 'signedUrl'>,
    request: CallRequest,
    body: CallBody,
  ): Promise<EgressStream> => {
    const length = request.headers.get('content-length');
    const framing: Record<string, string> =
      body.kind === 'flowing' && length !== null ? { 'content-length': length } : {};
    return egress.stream({
      ...target,
      headers: { ...target.headers, ...framing },
      body: body.kind === 'kept' ? body.bytes : body.kind === 'flowing' ? body.stream : null,
      signal: request.signal,
    });
  };

  /** @returns the token to repeat the call with; null: the platform's refusal is the answer */
  const renewRefused = async ({ connectionId, grantId, token, caller }: Bearer): Promise<AccessToken | null> => {
    const { generation } = token;
    if (refusedAnew.get(grantId) === generation) return null;
    try {
      const renewed = await replaceRejected(context, renewals, connectionId, generation, caller);
      refusedAnew.delete(grantId);
      return renewed;
    } catch (error) {
      if (!isEvergrantError(error)) throw error;
      if (error.code === 'token_expired_not_renewable') await endRejected(context, grantId, generation, error);
      return null;
    }
  };

  const call: Calls['call'] = async (connectionId, request, caller = {}) => {
    const first = await bearerOf(connectionId, caller);
    const body = await readBody(request.body, isForm(request));
    const release = await slots.take(first.app, request.signal);
    const answer = await attempt(first, request, body).catch(async (error: unknown) => {
      await release();
      throw error instanceof TransportError ? faultOf(first.app, error) : error;
    });
    return toResponse(request, answer, release);
  };

  const attempt = async (first: Bearer, request: CallRequest, body: CallBody): Promise<Judged> => {
    let bearer = first;
    const repeatable = body.kind !== 'flowing';
    const spent = new Set<ErrorClass | 'nonce' | 'fault'>();
    for (;;) {
      let sent: Awaited<ReturnType<typeof send>>;
      try {
        sent = await send(bearer, request, body);
      } catch (error) {
        const harmless =
          error instanceof TransportError && (error.fault === 'not_sent' || idempotent.has(request.method));
        if (!repeatable || !harmless || request.signal?.aborted || spent.has('fault')) throw error;
        spent.add('fault');
        await sleep(clock, faultPause);
        continue;
      }
      if (sent.again && repeatable && !spent.has('nonce')) {
        spent.add('nonce');
        await sent.answer.body.cancel();
        continue;
      }
      const judged = await judge(bearer.app, sent.path, sent.answer, clock.now());
      const next = await remedy(bearer, request, judged.verdict, spent);
      if (!next || !repeatable) return judged;
      await judged.answer.body.cancel();
      bearer = next;
    }
  };

  /** What may make the same call succeed, each once. @returns what to repeat it with; null: the answer stands */
  const remedy = async (
    bearer: Bearer,
    request: CallRequest,
    verdict: Classification | null,
    spent: Set<string>,
  ): Promise<Bearer | null> => {
    if (verdict === null) return null;
    if (verdict.class === 'reconnect') await setAside(bearer, verdict);
    if (spent.has(verdict.class)) {
      if (verdict.class === 'refresh-token') refusedAnew.set(bearer.grantId, bearer.token.generation);
      return null;
    }
    spent.add(verdict.class);
    switch (verdict.class) {
      case 'refresh-token': {
        // All of it is read anew: with the token may have changed where the account lives.
        return (await renewRefused(bearer)) && bearerOf(bearer.connectionId, bearer.caller);
      }
      case 'rate-limit':
        if (verdict.retryAfter === undefined || verdict.retryAfter > shortLimit) return null;
        await sleep(clock, verdict.retryAfter * 1000);
        return bearer;
      case 'retry':
        if (!idempotent.has(request.method)) return null;
        await sleep(clock, faultPause);
        return bearer;
      default:
        return null;
    }
  };

  /** The platform says that a person must consent again. A loss of one account alone leaves the others as they are. */
  const setAside = async (bearer: Bearer, verdict: Classification): Promise<void> => {
    const { app, connectionId, grantId, token } = bearer;
    if (verdict.rule?.affects === 'account') return endAccount(context, connectionId, grantId, errorOf(app, verdict));
    await endRejected(context, grantId, token.generation, errorOf(app, verdict));
  };

  return {
    call,
    async sign(connectionId, { method, url, body, nonce }, caller = {}) {
      const bearer = await bearerOf(connectionId, caller);
      if (!URL.canParse(url)) throw notAllowed(bearer.app, 'The address is not absolute.');
      const form = body !== undefined && looksLikeForm(body) ? body : undefined;
      const request = { method: method.toUpperCase(), target: url, headers: new Headers() };
      const { headers, signedUrl } = await signed(bearer, request, { form, nonce });
      const inQuery =
        typeof bearer.app.definition.api.authentication === 'object' &&
        'query' in bearer.app.definition.api.authentication;
      return inQuery ? { headers, url: signedUrl } : { headers };
    },
  };
};

interface Judged {
  verdict: Classification | null;
  answer: EgressStream;
}

const isForm = ({ headers }: CallRequest): boolean =>
  /^application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '');

/** `sign` is told no content type; what is no JSON and has `name=value` is a form. */
const looksLikeForm = (body: string): boolean => /^[^\s{}[\]"<>]+=/.test(body);

/**
 * The address that a call means. A path is added to the base address, which it cannot leave.
 *
 * @throws EvergrantError `target_not_allowed`
 */
const addressOf = (app: App, target: string): string => {
  // Braces of a caller are no placeholders.
  const text = target.replaceAll('{', '%7B').replaceAll('}', '%7D');
  if (/^https?:\/\//i.test(text)) return text;
  const [path = ''] = text.split(/[?#]/, 1);
  if (path.split(/[/\\]/).some((step) => /^(?:\.|%2e){1,2}$/i.test(step))) {
    throw notAllowed(app, 'The path leaves the base address of the API.');
  }
  return `${app.definition.api.baseUrl.replace(/\/$/, '')}/${text.replace(/^\//, '')}`;
};

const notAllowed = (app: App, detail: string): EvergrantError =>
  new EvergrantError('target_not_allowed', { provider: app.provider, detail });

const faultOf = (app: App, fault: TransportError): EvergrantError =>
  new EvergrantError(fault.timedOut ? 'provider_timeout' : 'provider_unavailable', {
    provider: app.provider,
    detail: fault.message,
  });

/** Statuses whose answers have no body (RFC 9110 section 15). */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

const toResponse = ({ method }: CallRequest, { answer, verdict }: Judged, release: () => Promise<void>): Response => {
  const headers = new Headers(returnedHeaders(answer.headers));
  // Tells the platform's answers from our own problems.
  headers.set('evergrant-upstream-status', String(answer.status));
  if (verdict) headers.set('evergrant-verdict', verdict.class);
  if (verdict?.retryAfter !== undefined && !headers.has('retry-after')) {
    headers.set('retry-after', String(Math.ceil(verdict.retryAfter)));
  }
  // Whatever a platform sends is data here, never a page of this origin.
  headers.set('content-security-policy', "sandbox; default-src 'none'");
  const over = () => void release();
  const body = watched(answer.body, over);
  const status = answer.status >= 200 && answer.status <= 599 ? answer.status : 502;
  if (method === 'HEAD' || bodiless.has(status)) {
    void body.cancel();
    return new Response(null, { status, headers });
  }
  return new Response(body, { status, headers });
};

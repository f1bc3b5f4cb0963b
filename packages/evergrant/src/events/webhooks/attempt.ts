import { type StreamingEgress, TransportError } from '../../egress/index.ts';
import { isEvergrantError, sanitise } from '../../errors/index.ts';
import type { EventRow, WebhookEndpointRow } from '../../store/index.ts';
import type { EventsContext } from '../context.ts';
import { signingSecrets } from './endpoints.ts';
import { deadline } from './pace.ts';
import { signedHeaders } from './signature.ts';
import { type TargetRules, trustedOrigins } from './target.ts';

/** What became of one attempt. */
export interface Outcome {
  delivered: boolean;
  /** Of the answer; null: there was none. */
  status: number | null;
  error: string | null;
  /** The beginning of the answer's body, on one line. */
  answer: string | null;
  /** Seconds for which the endpoint asks to be left alone. */
  retryAfter?: number;
}

/** What is sent: what happened, to what, and no more. Whoever needs the rest asks for it with a key. */
export type Message = Pick<EventRow, 'id' | 'type' | 'at' | 'connection_id' | 'owner' | 'provider' | 'data'>;

/** Bytes of an answer that are read at most. */
const largestAnswer = 64 * 1024;
/** Characters of it that are kept. */
const excerpt = 500;

/** The body of every attempt to deliver an event: the same bytes each time. */
export const payloadOf = ({ id, type, at, connection_id, owner, provider, data }: Message): string =>
  JSON.stringify({
    type,
    timestamp: new Date(at).toISOString(),
    data: { ...(JSON.parse(data) as object), id, connection_id, owner, provider },
  });

/** Sends an event to an endpoint, once. Only an answer of 2xx is a success; redirects are not followed. */
export const attempt = async (
  context: EventsContext,
  egress: StreamingEgress,
  rules: TargetRules,
  endpoint: WebhookEndpointRow,
  message: Message,
  signal?: AbortSignal,
): Promise<Outcome> => {
  const body = payloadOf(message);
  const now = context.clock.now();
  const { url } = endpoint;
  try {
    const answer = await egress.send({
      method: 'POST',
      url,
      body,
      headers: {
        'content-type': 'application/json',
        ...signedHeaders(message.id, now, body, signingSecrets(context, endpoint, now)),
      },
      trustedOrigins: trustedOrigins(url, rules),
      timeoutMs: deadline,
      maxBytes: largestAnswer,
      signal,
    });
    const delivered = answer.status >= 200 && answer.status < 300;
    const retryAfter = answer.headers['retry-after']?.trim() ?? '';
    return {
      delivered,
      status: answer.status,
      error: delivered ? null : `The endpoint answered ${answer.status}`,
      answer: sanitise(answer.body.slice(0, excerpt), excerpt) || null,
      ...(/^\d{1,6}$/.test(retryAfter) ? { retryAfter: Number(retryAfter) } : {}),
    };
  } catch (error) {
    const isKnown = error instanceof TransportError || isEvergrantError(error, 'target_not_allowed');
    if (!isKnown) throw error;
    return { delivered: false, status: null, error: sanitise(error.message), answer: null };
  }
};

import { type Egress, type EgressAnswer, type EgressRequest, TransportError } from '../egress/types.ts';
import { EvergrantError } from '../errors/index.ts';
import type { RawAnswer } from './types.ts';

/** A request before it is put into query or body. */
export interface Draft {
  url: string;
  method: 'POST' | 'GET' | 'DELETE';
  encoding: 'form' | 'json' | 'query' | 'none';
  parameters: URLSearchParams;
  headers: Record<string, string>;
}

/** Puts the parameters where the platform wants them. A GET has nowhere but the query. */
export const encodeRequest = ({ url, method, encoding, parameters, headers }: Draft): EgressRequest => {
  if (encoding === 'none') return { method, url, headers };
  if (method === 'GET' || encoding === 'query') {
    const target = new URL(url);
    for (const [name, value] of parameters) target.searchParams.set(name, value);
    return { method, url: target.href, headers };
  }
  return encoding === 'json'
    ? {
        method,
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(Object.fromEntries(parameters)),
      }
    : {
        method,
        url,
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: parameters.toString(),
      };
};

export const lowerCaseNames = (headers: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const headersToKeep = ['content-type', 'retry-after', 'date'];

/** What reading needs, and no more. `www-authenticate` is left behind: it would hide the code that the body names. */
export const rawAnswer = ({ status, headers, body }: EgressAnswer): RawAnswer => ({
  status,
  headers: Object.fromEntries(headersToKeep.flatMap((name) => (headers[name] ? [[name, headers[name]]] : []))),
  body,
});

/**
 * Sends where the caller need not know whether the platform acted on the request.
 *
 * @throws EvergrantError `provider_timeout` or `provider_unavailable` when no whole answer came
 */
export const sendForAnswer = async (
  egress: Egress,
  request: EgressRequest,
  provider: string,
): Promise<EgressAnswer> => {
  try {
    return await egress.send(request);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new EvergrantError(error.timedOut ? 'provider_timeout' : 'provider_unavailable', {
      provider,
      detail: error.message,
    });
  }
};

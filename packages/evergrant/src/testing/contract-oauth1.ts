import type { EgressRequest } from '../egress/types.ts';
import { readSigned } from '../sandbox/oauth1/verify.ts';

/** What a fixture calls the request token. */
export const sampleRequestToken = 'SAMPLE_REQUEST_TOKEN';

/**
 * What is wrong with the signature of a request (RFC 5849 section 3.2).
 *
 * @param expected parameters that it must carry
 */
export const signatureFaults = (
  { method, url, headers = {}, body = '' }: EgressRequest,
  clientSecret: string,
  tokenSecret: string,
  expected: Record<string, string>,
): string[] => {
  const form = headers['content-type'] === 'application/x-www-form-urlencoded' ? body : '';
  const signed = readSigned({ method, url: new URL(url), authorization: headers['authorization'] ?? null, form });
  if (!signed) return ['it is not signed'];
  return [
    ...(signed.isSignedWith(clientSecret, tokenSecret) ? [] : ['its signature is wrong']),
    ...Object.entries(expected)
      .filter(([name, value]) => signed.parameters.get(name) !== value)
      .map(([name, value]) => `${name} must be ${value}`),
  ];
};

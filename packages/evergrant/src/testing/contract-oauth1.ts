import { createHmac } from 'node:crypto';
import type { EgressRequest } from '../egress/types.ts';

/** What a fixture calls the request token. */
export const sampleRequestToken = 'SAMPLE_REQUEST_TOKEN';

/**
 * What is wrong with the signature of a request (RFC 5849 section 3.2), worked out from what was sent and without the
 * signer that is tested.
 *
 * @param key both secrets, joined as section 3.4.2 has it; neither needs encoding
 * @param expected parameters that the header must hold
 */
export const signatureFaults = (request: EgressRequest, key: string, expected: Record<string, string>): string[] => {
  const { method, url, headers = {}, body = '' } = request;
  const header = headers['authorization'] ?? '';
  const pairs = [...header.matchAll(/([\w%.~-]+)="([^"]*)"/g)].map(([, name = '', value = '']): [string, string] => [
    decodeURIComponent(name),
    decodeURIComponent(value),
  ]);
  const sent = Object.fromEntries(pairs);
  if (!header.startsWith('OAuth ')) return ['it is not signed'];
  const { origin, pathname, search } = new URL(url);
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
  const all = [...pairs, ...new URLSearchParams(search), ...new URLSearchParams(isForm ? body : '')]
    .filter(([name]) => name !== 'oauth_signature' && name !== 'realm')
    .map(([name, value]) => `${strict(name)}=${strict(value)}`)
    // No name of these requests begins another, so that whole pairs sort as names and values do.
    .sort();
  const base = [method, strict(origin + pathname), strict(all.join('&'))].join('&');
  const signature = createHmac('sha1', key).update(base).digest('base64');
  return [
    ...(sent['oauth_signature'] === signature ? [] : ['its signature is wrong']),
    ...(sent['oauth_signature_method'] === 'HMAC-SHA1' ? [] : ['its signature method is not HMAC-SHA1']),
    ...Object.entries(expected)
      .filter(([name, value]) => sent[name] !== value)
      .map(([name, value]) => `${name} must be ${value}`),
  ];
};

const strict = (text: string): string => {
  const bytes = [...Buffer.from(text)];
  const isUnreserved = (character: string) => /[A-Za-z0-9._~-]/.test(character);
  return bytes
    .map((byte) => [String.fromCharCode(byte), byte] as const)
    .map(([character, byte]) =>
      isUnreserved(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
};

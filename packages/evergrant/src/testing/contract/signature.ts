import { readSigned } from '../../sandbox/oauth1/verify.ts';
import { client, type Scene } from './scene.ts';

/** What a fixture calls the request token. */
export const sampleRequestToken = 'SAMPLE_REQUEST_TOKEN';

/**
 * Where requests are signed (RFC 5849 section 3.2), the last one that was sent must be, and rightly.
 *
 * @param expected parameters that it must carry
 */
export const checkSignature = (
  { definition, platform, findings }: Scene,
  what: string,
  tokenSecret = '',
  expected: Record<string, string> = {},
): void => {
  if (definition.protocol.kind !== 'oauth1') return;
  const { method, url, headers = {}, body = '' } = platform.sent.at(-1)!;
  const form = headers['content-type'] === 'application/x-www-form-urlencoded' ? body : '';
  const signed = readSigned({ method, url: new URL(url), authorization: headers['authorization'] ?? null, form });
  if (!signed) {
    findings.say(`${what}: it is not signed`);
    return;
  }
  if (!signed.isSignedWith(client.secret, tokenSecret)) findings.say(`${what}: its signature is wrong`);
  for (const [name, value] of Object.entries(expected)) {
    findings.expect(`${what}: ${name}`, signed.parameters.get(name), value);
  }
};

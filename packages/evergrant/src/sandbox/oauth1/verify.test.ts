import { describe, expect, it } from 'vitest';
import { createRandom, startingSeed } from '../../grants/simulation/random.test-support.ts';
import { authorizationHeader } from '../../protocols/oauth1/signature.ts';
import { readSigned } from './verify.ts';

/** Characters that encodings treat differently. */
const alphabet = Array.from('aZ09-._~!*\'()&=+%/?#:@ ;,"\\<>[]{}|^`äß☃\u{1f600}\n\t');

describe('signer and verifier, each written for itself', () => {
  it('agree on any address, form and secret, and notice any change', () => {
    const seed = startingSeed();
    const random = createRandom(seed);
    const below = (end: number) => Math.floor(random() * end);
    const text = (longest: number) =>
      Array.from({ length: below(longest) }, () => alphabet[below(alphabet.length)]).join('');
    const pairs = () => Array.from({ length: below(5) }, (): [string, string] => [text(5), text(12)]);
    for (let round = 0; round < 200; round++) {
      const path = `${encodeURIComponent(text(6))}/${text(4).replaceAll(/[?#\s\\]/g, '')}`;
      const port = ['', ':443', ':8443'][below(3)];
      const url = `hTTps://API.example.com${port}/${path}?${new URLSearchParams(pairs()).toString()}`;
      const form = new URLSearchParams(pairs()).toString();
      const [clientSecret, secret] = [text(20), text(20)];
      const signer = { clientId: text(9), clientSecret, nonce: text(9), timestamp: below(2 ** 31) };
      const token = below(3) === 0 ? undefined : { token: text(9), secret };
      const authorization = authorizationHeader({ method: 'POST', url, form }, { ...signer, token });
      const arrived = { method: 'POST', url: new URL(url), authorization, form };
      const what = `seed ${seed}, round ${round}: ${url} ${form} ${authorization}`;
      const used = token?.secret ?? '';
      expect(readSigned(arrived)?.isSignedWith(clientSecret, used), what).toBe(true);
      const changes = [
        readSigned({ ...arrived, form: `${form}&x` })?.isSignedWith(clientSecret, used),
        readSigned({ ...arrived, method: 'PUT' })?.isSignedWith(clientSecret, used),
        readSigned({ ...arrived, url: new URL(`${url}&x`) })?.isSignedWith(clientSecret, used),
        readSigned({ ...arrived, url: new URL('other', url) })?.isSignedWith(clientSecret, used),
        readSigned(arrived)?.isSignedWith(`${clientSecret}x`, used),
        readSigned(arrived)?.isSignedWith(clientSecret, `${used}x`),
      ];
      expect(changes, what).toEqual(Array(6).fill(false));
    }
  });

  it.each([
    ['no signature', null],
    ['another scheme', 'Bearer oauth_signature_method="HMAC-SHA1"'],
    ['another method', 'OAuth oauth_signature_method="PLAINTEXT", oauth_signature="a"'],
    ['a parameter twice', 'OAuth oauth_signature_method="HMAC-SHA1", oauth_token="a", oauth_token="b"'],
    ['no quotes', 'OAuth oauth_signature_method=HMAC-SHA1'],
  ])('a request with %s is not signed', (_, authorization) => {
    const url = new URL('https://api.example.com/');
    expect(readSigned({ method: 'GET', url, authorization, form: '' })).toBeNull();
  });
});

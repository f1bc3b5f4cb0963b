import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The shapes in which a secret may show up. */
const shapesOf = (secret: string): Record<string, string> => {
  const bytes = Buffer.from(secret);
  return {
    plain: secret,
    hex: bytes.toString('hex'),
    'url-encoded': encodeURIComponent(secret),
    ...Object.fromEntries([0, 1, 2].map((offset) => [`base64 at offset ${offset}`, base64Core(bytes, offset)])),
    ...Object.fromEntries(
      [0, 1, 2].map((offset) => [`base64url at offset ${offset}`, toUrlAlphabet(base64Core(bytes, offset))]),
    ),
  };
};

/** Base64 of a text that stands somewhere in a longer one, without the characters at its ends that mix in the rest. */
const base64Core = (bytes: Buffer, offset: number): string => {
  const whole = Math.floor(((offset + bytes.length) * 8) / 6);
  return Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .slice(Math.ceil((offset * 8) / 6), whole);
};

const toUrlAlphabet = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_');

/**
 * Searches for secrets in plain, base64, hex and URL encoding.
 *
 * @returns one sentence for each that was found, without the secret itself
 */
export const findSecrets = (where: string, content: string | Buffer, secrets: Record<string, string[]>): string[] => {
  const text = typeof content === 'string' ? content : content.toString('latin1');
  const found: string[] = [];
  for (const [kind, values] of Object.entries(secrets)) {
    for (const [index, secret] of values.entries()) {
      if (secret.length < 8) throw new Error(`A ${kind} of ${secret.length} characters proves nothing`);
      for (const [shape, form] of Object.entries(shapesOf(secret))) {
        if (text.includes(form)) found.push(`${where} holds ${kind} ${index} in ${shape}`);
      }
    }
  }
  return found;
};

/** Every file below a folder, with its bytes. */
export const filesBelow = (folder: string): { path: string; content: Buffer }[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, content: readFileSync(path) }));

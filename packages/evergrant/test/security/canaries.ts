import { randomBytes } from 'node:crypto';

export type CanaryKind =
  | 'access token'
  | 'refresh token'
  | 'token secret'
  | 'ID token'
  | 'code'
  | 'verifier'
  | 'state'
  | 'nonce'
  | 'client secret'
  | 'webhook secret'
  | 'API key'
  | 'session';

/** A secret that came out where it must not. The secret itself is cut short, so that a report may be read. */
export interface Leak {
  kind: CanaryKind;
  form: string;
  begins: string;
}

/** Secrets of a test, to be searched for in everything that comes out. */
export interface Canaries {
  add(kind: CanaryKind, value: string): string;
  count(kind: CanaryKind): number;
  /** @param except kinds that may stand there */
  findIn(data: Buffer | string, except?: readonly CanaryKind[]): Leak[];
}

/** A new secret. Its last characters look different in every encoding. */
export const makeSecret = (prefix: string): string => `${prefix}${randomBytes(20).toString('hex')}+/=`;

export const createCanaries = (): Canaries => {
  const known = new Map<string, { kind: CanaryKind; forms: [string, string][] }>();
  return {
    add(kind, value) {
      if (!known.has(value)) known.set(value, { kind, forms: formsOf(value) });
      return value;
    },
    count: (kind) => [...known.values()].filter((canary) => canary.kind === kind).length,
    findIn(data, except = []) {
      // One byte, one character: what is looked for is ASCII, and strings are searched faster than buffers.
      const text = Buffer.from(data).toString('latin1');
      return [...known].flatMap(([value, { kind, forms }]) =>
        except.includes(kind)
          ? []
          : forms
              .filter(([, form]) => text.includes(form))
              .map(([form]) => ({ kind, form, begins: `${value.slice(0, 6)}…` })),
      );
    },
  };
};

/** Enough of a secret to know it by. */
const telling = 20;

/** How a secret looks in texts, URLs, JSON and dumps. */
const formsOf = (value: string): [string, string][] => {
  const hex = Buffer.from(value).toString('hex');
  const base64 = [0, 1, 2].map((shift) => base64At(value, shift));
  const forms: [string, string][] = [
    ...plainForms(value),
    ['hex', hex],
    ['hex', hex.toUpperCase()],
    ...base64.map((text): [string, string] => ['base64', text]),
    ...base64.map((text): [string, string] => ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')]),
  ];
  const different = new Map(forms.map(([name, text]) => [text, name]));
  return [...different].map(([text, name]) => [name, text]);
};

/** A part that no encoding of URLs, JSON or markup changes, where it is long enough. */
const plainForms = (value: string): [string, string][] => {
  const runs = value.split(/[^\w.~-]/).sort((one, other) => other.length - one.length);
  if (runs[0] && runs[0].length >= telling) return [['plain or URL-encoded', runs[0]]];
  return [
    ['plain', value],
    ['URL-encoded', encodeURIComponent(value)],
    ['form-encoded', new URLSearchParams([['', value]]).toString().slice(1)],
    ['URL-encoded twice', encodeURIComponent(encodeURIComponent(value))],
  ];
};

/** The base64 digits that depend on the value alone when `shift` other bytes stand before it, as in Basic credentials. */
const base64At = (value: string, shift: number): string => {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
  return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6));
};

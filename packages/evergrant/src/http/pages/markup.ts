import { html as honoHtml } from 'hono/html';
import { sanitise } from '../../errors/index.ts';
import type { ProviderView } from './models.ts';

export { raw } from 'hono/html';

/** Markup that is already escaped. */
export type Html = Exclude<ReturnType<typeof honoHtml>, Promise<unknown>>;

/** Hono's template tag, which escapes every value. It is asynchronous only when a value is a promise; ours never are. */
export const html = honoHtml as (strings: TemplateStringsArray, ...values: unknown[]) => Html;

/** Marks that reorder or hide what follows them; with these a name could pretend to be other text. */
const deceptive = /[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;

/** Text that others wrote, as one harmless line. Escaping is the template's part. */
export const plain = (text: string | null | undefined, limit = 200): string =>
  sanitise((text ?? '').replace(deceptive, ''), limit);

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const parse = (url: string | null | undefined): URL | undefined => URL.parse(url ?? '') ?? undefined;

/** The address if it may be loaded or shown (`https:`, or `http:` on loopback), else undefined. */
export const safeUrl = (url: string | null | undefined): string | undefined => {
  const parsed = parse(url);
  const safe = parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && loopback.test(parsed.hostname));
  return safe ? parsed?.href : undefined;
};

const here = 'http://service.invalid';

/** An address to go to: `http:` or `https:`, or a path of this service. */
export const safeLink = (url: string | undefined): string | undefined => {
  if (url?.startsWith('/')) {
    const local = URL.parse(url, here);
    return local?.origin === here ? local.href.slice(here.length) : undefined;
  }
  const parsed = parse(url);
  return parsed?.protocol === 'https:' || parsed?.protocol === 'http:' ? parsed.href : undefined;
};

/** The exact origin of an http or https address, else undefined; `*` has none. */
export const exactOrigin = (url: string | undefined): string | undefined => {
  const link = safeLink(url);
  return parse(link)?.origin;
};

/** Number of tile colours in the style. */
export const hues = 12;

const hueOf = (id: string): number => {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % hues;
};

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

const letters = (word: string): string[] => [...segmenter.segment(word)].map(({ segment }) => segment);

/**
 * Two letters that stand for a name, since many begin with the same one: of its first two words, of the humps of one word
 * (`YouTube`), or its first two.
 */
export const initials = (name: string): string => {
  const words = name.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? [];
  const [word = name] = words;
  const parts = words.length > 1 ? words : (word.match(/\p{Lu}\p{Ll}+/gu) ?? []);
  const [one, other] = parts.length > 1 ? parts.map((part) => letters(part)[0]) : letters(word);
  return `${(one ?? '?').toUpperCase()}${parts.length > 1 ? (other ?? '').toUpperCase() : (other ?? '')}`;
};

/** Two letters in a rounded square whose colour comes from the id. It is decoration: the name stands beside it. */
export const monogram = ({ id, name }: ProviderView, size: 'small' | 'large' = 'small'): Html =>
  html`<span class="tile ${size} hue-${hueOf(id)}" aria-hidden="true">${initials(plain(name))}</span>`;

/**
 * A person's or page's picture over its monogram, which stays visible when there is no picture or it does not load. Its size is
 * left to the style: with a width and height of its own a browser would draw a broken picture instead of nothing.
 */
export const avatar = (account: { name: string; picture?: string | null }): Html => {
  const picture = safeUrl(account.picture);
  return html`<span class="tile small round hue-${hueOf(account.name)}" aria-hidden="true">${initials(account.name)}${
    picture ? html`<img src="${picture}" alt="" referrerpolicy="no-referrer" decoding="async">` : ''
  }</span>`;
};

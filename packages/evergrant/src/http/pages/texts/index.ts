import { de } from './de.ts';
import { en } from './en.ts';

/** The texts of one language, with exactly the keys of the English ones. */
export type Texts = Text<typeof en>;

type Text<T> = T extends string
  ? string
  : T extends readonly string[]
    ? readonly string[]
    : { readonly [Key in keyof T]: Text<T[Key]> };

export const languages = { en, de } satisfies Record<string, Texts>;

export type Language = keyof typeof languages;

export const isLanguage = (text: string | undefined): text is Language => Object.hasOwn(languages, text ?? '');

/**
 * The language that a browser likes best of those there are (RFC 9110 section 12.5.4); English when it names none.
 *
 * @param header value of `Accept-Language`
 */
export const preferredLanguage = (header: string | undefined): Language => {
  const wanted = (header ?? '')
    .split(',')
    .map((range) => {
      const [tag = '', quality] = range.trim().split(/\s*;\s*q=/i);
      return { language: tag.split('-')[0]?.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((one, other) => other.quality - one.quality);
  return wanted.map(({ language }) => language).find(isLanguage) ?? 'en';
};

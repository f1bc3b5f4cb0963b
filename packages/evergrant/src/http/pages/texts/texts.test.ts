import { describe, expect, test } from 'vitest';
import { createPages } from '../index.ts';
import { languages, preferredLanguage } from './index.ts';

/** Every text with its path. */
const textsIn = (value: unknown, path = ''): [path: string, text: string][] =>
  typeof value === 'string'
    ? [[path, value]]
    : Object.entries(value as object).flatMap(([key, part]) => textsIn(part, `${path}.${key}`));

const namesIn = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!.toLowerCase()))].sort();

const english = new Map(textsIn(languages.en));

describe.each(Object.entries(languages).filter(([language]) => language !== 'en'))('%s', (language, texts) => {
  const translated = new Map(textsIn(texts));

  test('has the same keys as English, and nothing empty', () => {
    expect([...translated.keys()].sort()).toEqual([...english.keys()].sort());
    expect([...translated].filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  test('has what is counted and named in the same texts', () => {
    const counted = (text: string) => namesIn(text).filter((name) => !['provider', 'application'].includes(name));
    for (const [path, text] of translated) expect([path, counted(text)]).toEqual([path, counted(english.get(path)!)]);
  });

  test('is translated', () => {
    const same = [...translated].filter(
      ([path, text]) => text === english.get(path) && !/^\.(?:language|accountTypes)/.test(path),
    );
    expect(same).toEqual([]);
  });

  test('says its language, and marks what is in English', () => {
    const pages = createPages({ publicUrl: 'https://connect.example', language: language as 'de' });
    const provider = { id: 'acme', name: 'Acme' };
    const page = pages.start({
      provider,
      owner: 'o',
      action: '/go',
      expiresAt: new Date(0),
      scopes: [{ scope: 'read', permits: 'Read posts' }],
    });
    expect(page.html).toContain(`<html lang="${language}">`);
    expect(page.html).toContain('<li lang="en"><span>Read posts</span>');
    expect(pages.error({ code: 'payload_too_large', requestId: 'r' }).html).toContain('<h1 lang="en">');
  });
});

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['fr-CH, fr;q=0.9', 'en'],
  ['de', 'de'],
  ['de-AT,en;q=0.5', 'de'],
  ['en-GB,en;q=0.9,de;q=0.8', 'en'],
  ['fr, DE-ch;q=0.7, en;q=0.3', 'de'],
  ['de;q=0, en', 'en'],
  ['toString, constructor', 'en'],
])('Accept-Language: %s is answered in %s', (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});

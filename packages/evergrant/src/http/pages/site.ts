import { plain } from './markup.ts';
import type { ProviderView } from './models.ts';
import type { Texts } from './texts/index.ts';

/** What is the same on every page of one service. */
export interface Site {
  /** Name of the application for which accounts are connected. */
  application: string;
  /** Path of the public address, without a final slash; links to our own pages start with it. */
  basePath: string;
  texts: Texts;
  /** Where the application's logo is, if it has one. */
  logo: string | null;
}

/** A sentence with the names of the application and the platform in it. */
export type Say = (text: string, more?: Record<string, string | number>) => string;

/** Binds the names once for a page. Without a provider its name is "the platform". */
export const sayings = (site: Site, provider?: ProviderView): Say => {
  const named = provider ? plain(provider.name) : site.texts.common.platform;
  const sentenceStart = provider ? named : named.charAt(0).toUpperCase() + named.slice(1);
  return (text, more) =>
    fill(text, { application: site.application, provider: named, Provider: sentenceStart, ...more });
};

/** A text with its `{names}` replaced. */
const fill = (text: string, words: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(words[name] ?? placeholder));

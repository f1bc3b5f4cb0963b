import { z } from 'zod';
import { shown } from '../settings/errors.ts';
import { hasCredentials, isSecure } from '../settings/url.ts';

/** A dotted path; the empty one is the answer itself. */
export const path = z.string();

export const texts = z.record(z.string(), z.string());

export const seconds = z.number().nonnegative({ error: 'must not be negative' });

/** Seconds. Whoever asks for a token is kept waiting so long, so it must be less than a request may take. */
export const longestRefreshWait = 60;

export const count = z.number().int({ error: 'must be a whole number' }).nonnegative({ error: 'must not be negative' });

/** A hook, which only definitions in TypeScript or JavaScript can have. */
export const fn = <T extends (...parameters: never[]) => unknown>(): z.ZodType<T> =>
  z.custom<T>((value) => typeof value === 'function', { error: 'must be a function' });

/** One value or a list of them. */
export const oneOrMany = <T>(schema: z.ZodType<T>): z.ZodType<T | T[]> => z.union([schema, z.array(schema)]);

/** Placeholders become something that may stand at their place: a port is a number, everything else a word. */
const withoutPlaceholders = (text: string): string => text.replace(/:\{[\w.]+\}/g, ':1').replace(/\{[\w.]+\}/g, 'x');

/** Why requests may not go to an address of a definition; undefined when they may. */
export const addressFault = (text: string): string | undefined => {
  // A placeholder stands for the whole beginning; what is filled in there is checked by itself.
  if (/^\{[\w.]+\}/.test(text)) return undefined;
  const url = URL.parse(withoutPlaceholders(text));
  if (!url?.host) return `${shown(text)} is no absolute URL`;
  if (hasCredentials(url)) return `${shown(text)} must not contain a user name or password`;
  if (!isSecure(url)) return `${shown(text)} must use https; plain http is accepted on loopback only`;
  return undefined;
};

/** Where a definition sends requests or browsers: https, or http on loopback; placeholders are allowed. */
export const address = z.string().superRefine((text, context) => {
  const message = addressFault(text);
  if (message) context.addIssue({ code: 'custom', message });
});

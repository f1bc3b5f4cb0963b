import { EvergrantError } from '../errors/index.ts';

/**
 * Sends a URL elsewhere: where it starts with a key of `origins`, at the end of an origin or of a path segment, that
 * part is replaced by the value. The longest key wins; path, query and fragment that follow stay as they are.
 *
 * @param origins from URL prefix to URL prefix; the value may carry a path
 */
export const reroute = (url: string, origins: Record<string, string>): string => {
  const normal = normaliseOrigin(url);
  const match = Object.entries(origins)
    .map(([from, to]) => ({ from: normaliseOrigin(from).replace(/\/+$/, ''), to: to.replace(/\/+$/, '') }))
    .filter(({ from }) => normal.startsWith(from) && /^(?:$|[/?#])/.test(normal.slice(from.length)))
    .reduce((longest, next) => (next.from.length > longest.from.length ? next : longest), { from: '', to: '' });
  return match.from ? match.to + normal.slice(match.from.length) : url;
};

/** Lower case and without the default port, as `new URL` would write it; the rest untouched, which `new URL` does not promise. */
const normaliseOrigin = (url: string): string =>
  url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, (origin) =>
    origin.toLowerCase().replace(/^(https:.*):443$|^(http:.*):80$/, '$1$2'),
  );

const placeholder = /\{([A-Za-z0-9_.-]+)\}/g;

/**
 * Replaces `{name}` in a definition's URL. What a value may be depends on where it stands: at the very beginning a base
 * URL, in the host a host with or without port, elsewhere any text, which is percent-encoded.
 *
 * @throws EvergrantError `definition_invalid` naming a placeholder for which there is no value, `target_not_allowed`
 *   for a value that would change the URL's meaning where it stands
 */
export const fillPlaceholders = (url: string, variables: Record<string, string>): string => {
  const hostEnd = /^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0].length ?? 0;
  return url.replace(placeholder, (_, name: string, offset: number) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (!value) {
      throw new EvergrantError('definition_invalid', { detail: `There is no value for {${name}} in a URL.` });
    }
    const filled = offset === 0 ? baseUrl(value) : offset < hostEnd ? host(value) : segment(value);
    if (filled !== null) return filled;
    throw new EvergrantError('target_not_allowed', { detail: `The value of {${name}} does not fit into a URL.` });
  });
};

const baseUrl = (value: string): string | null => {
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol) || /[?#\\\s]/.test(value) || url.username || url.password) return null;
  return value.replace(/\/+$/, '');
};

const host = (value: string): string | null =>
  /^[A-Za-z0-9][A-Za-z0-9._-]*(?::\d{1,5})?$/.test(value) && URL.canParse(`https://${value}`) ? value : null;

/** `.` and `..` survive every encoding as steps through the path. */
const segment = (value: string): string | null => (/^\.{1,2}$/.test(value) ? null : encodeURIComponent(value));

/** The origins (scheme, host, port) of those values that are URLs. */
export const originsOf = (...urls: (string | null | undefined)[]): Set<string> =>
  new Set(urls.flatMap((url) => (url && URL.parse(url)?.origin) || []).filter((origin) => origin !== 'null'));

/** A page as a browser has it before it. */
export interface BrowserPage {
  /** Where the browser stands, with fragment. */
  url: string;
  status: number;
  headers: Headers;
  text: string;
  /** Every address on the way here, this one included. */
  history: string[];
}

interface Cookie {
  name: string;
  value: string;
  host: string;
  path: string;
}

export interface Browser {
  /**
   * Goes to an address and follows redirects.
   *
   * @param options.stopAt the redirect to an address for which it says yes is not followed; its page has status 0
   * @param options.signal the person closes the window
   */
  open(url: string, options?: { stopAt?: (url: string) => boolean; signal?: AbortSignal }): Promise<BrowserPage>;
  /** Sends the only form of a page. A field with several values is sent several times. */
  submit(
    page: BrowserPage,
    fields?: Record<string, string | string[]>,
    options?: { stopAt?: (url: string) => boolean },
  ): Promise<BrowserPage>;
  cookies(): readonly Cookie[];
}

const mostRedirects = 20;

/**
 * A browser as far as OAuth needs one: it keeps cookies by host and path, ports notwithstanding (RFC 6265 section 8.5),
 * follows redirects, and sends forms. It runs no script.
 */
export const createBrowser = (): Browser => {
  const jar = new Map<string, Cookie>();

  const keep = (from: URL, line: string): void => {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const attribute = (name: string) =>
      attributes.find((text) => text.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
    const path = attribute('path') ?? from.pathname.replace(/\/[^/]*$/, '') ?? '/';
    const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), host: from.hostname, path: path || '/' };
    const key = `${cookie.host} ${cookie.path} ${cookie.name}`;
    const expires = attribute('expires');
    const isOver = attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (isOver) jar.delete(key);
    else jar.set(key, cookie);
  };

  const cookieHeader = (url: URL): string =>
    [...jar.values()]
      .filter(({ host, path }) => host === url.hostname && isUnder(url.pathname, path))
      .toSorted((one, other) => other.path.length - one.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');

  const request = async (url: URL, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('accept', 'text/html,application/xhtml+xml,*/*;q=0.8');
    const cookies = cookieHeader(url);
    if (cookies !== '') headers.set('cookie', cookies);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) keep(url, line);
    return response;
  };

  const go = async (
    url: string,
    init: RequestInit,
    stopAt: (url: string) => boolean,
    past: string[],
  ): Promise<BrowserPage> => {
    const history = [...past, url];
    const response = await request(new URL(url), init);
    const location = response.headers.get('location');
    const text = await response.text();
    if (location === null || response.status < 300 || response.status > 399) {
      return { url, status: response.status, headers: response.headers, text, history };
    }
    const next = new URL(location, url).href;
    if (stopAt(next)) return { url: next, status: 0, headers: response.headers, text: '', history: [...history, next] };
    if (history.length > mostRedirects) throw new Error(`Redirects without end: ${history.join(' → ')}`);
    return go(next, { method: 'GET', signal: init.signal }, stopAt, history);
  };

  return {
    open: (url, { stopAt = never, signal } = {}) => go(url, { method: 'GET', signal }, stopAt, []),
    submit(page, fields = {}, { stopAt = never } = {}) {
      const form = /<form[^>]*>/.exec(page.text)?.[0];
      if (form === undefined) throw new Error(`There is no form on ${page.url}:\n${page.text}`);
      const action = /\baction="([^"]+)"/.exec(form)?.[1] ?? page.url;
      const target = new URL(action.replaceAll('&amp;', '&'), page.url).href;
      const body = new URLSearchParams();
      for (const [name, values] of Object.entries(fields))
        for (const value of [values].flat()) body.append(name, value);
      const { origin } = new URL(page.url);
      const site = origin === new URL(target).origin ? 'same-origin' : 'cross-site';
      // A page that sends no referrer sends no origin with its forms either.
      const shown = page.headers.get('referrer-policy') === 'no-referrer' ? 'null' : origin;
      return go(target, { method: 'POST', body, headers: { origin: shown, 'sec-fetch-site': site } }, stopAt, []);
    },
    cookies: () => [...jar.values()],
  };
};

const never = () => false;

const isUnder = (path: string, of: string): boolean => path === of || path.startsWith(of.endsWith('/') ? of : `${of}/`);

import { type Reply, send } from './http.ts';

interface Cookie {
  value: string;
  sameSite: string;
}

export interface Visit extends Reply {
  /** With the fragment that led here. */
  url: string;
  /** Of a redirect, absolute. */
  location: string | null;
}

/** A browser as far as flows depend on it: cookies by their rules, redirects one at a time. */
export interface Browser {
  get(url: string, headers?: Record<string, string>): Promise<Visit>;
  /** @param crossSite whether another site sends the form: then Lax and Strict cookies stay at home */
  post(url: string, form: Record<string, string>, options?: { crossSite?: boolean; origin?: string }): Promise<Visit>;
  /** Follows redirects as long as they stay at the service. */
  follow(url: string): Promise<Visit>;
  /** Every `Set-Cookie` line that was accepted. */
  readonly setCookies: string[];
  forgetCookies(): void;
}

/**
 * @param publicUrl the service as browsers know it
 * @param listening where it really listens
 * @param record sees every answer
 */
export const createBrowser = (publicUrl: string, listening: string, record: (visit: Visit) => void): Browser => {
  const { origin, protocol, host } = new URL(publicUrl);
  const jar = new Map<string, Cookie>();
  const setCookies: string[] = [];

  const keep = (line: string): void => {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const lower = attributes.map((attribute) => attribute.toLowerCase());
    const secure = lower.includes('secure');
    const hostOnly = lower.includes('path=/') && !lower.some((attribute) => attribute.startsWith('domain='));
    if (secure && protocol !== 'https:') return;
    if (name.startsWith('__Host-') && !(secure && hostOnly)) return;
    const sameSite = lower.find((attribute) => attribute.startsWith('samesite='))?.slice(9) ?? 'lax';
    jar.set(name, { value, sameSite });
    setCookies.push(line);
  };

  const visit = async (
    url: string,
    method: string,
    headers: Record<string, string>,
    body?: string,
    crossSite = false,
  ): Promise<Visit> => {
    const target = new URL(url);
    if (target.origin !== origin) throw new Error(`${target.origin} is not the service`);
    const cookies = [...jar]
      .filter(([, { sameSite }]) => !crossSite || sameSite === 'none')
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
    const reply = await send(listening + target.pathname + target.search, {
      method,
      headers: { host, accept: 'text/html', ...(cookies ? { cookie: cookies } : {}), ...headers },
      body,
    });
    for (const line of reply.headers['set-cookie'] ?? []) keep(line);
    const { location } = reply.headers;
    const result = { ...reply, url, location: location === undefined ? null : new URL(location, url).href };
    record(result);
    return result;
  };

  const get: Browser['get'] = (url, headers = {}) => visit(url, 'GET', headers);

  return {
    get,
    post: (url, form, { crossSite = false, origin: from = origin } = {}) =>
      visit(
        url,
        'POST',
        { 'content-type': 'application/x-www-form-urlencoded', origin: from },
        new URLSearchParams(form).toString(),
        crossSite,
      ),
    async follow(url) {
      let here = await get(url);
      for (let hops = 0; here.location?.startsWith(`${origin}/`) && hops < 10; hops++) here = await get(here.location);
      return here;
    },
    setCookies,
    forgetCookies: () => jar.clear(),
  };
};

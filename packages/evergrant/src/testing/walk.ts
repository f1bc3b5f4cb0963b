import type { Evergrant } from '../evergrant.ts';
import type { Decision } from '../sandbox/types.ts';

/** What of an Evergrant a flow goes through. */
type Walked = Pick<Evergrant, 'connect' | 'getFlow' | 'chooseAccounts' | 'handler' | 'settings'>;

/** More redirects than this are a loop. */
const mostRedirects = 10;

/**
 * Goes through a flow as a person with a browser: link, consent at the platform, callback, choice of accounts.
 *
 * @param consent what happens at the platform, from the authorization URL to the callback
 * @throws Error when a page asks for something on the way to the platform
 */
export const walkFlow = async (
  evergrant: Walked,
  input: Parameters<Evergrant['connect']>[0],
  consent: (authorizationUrl: string) => Promise<string>,
  { accounts }: Decision = {},
): ReturnType<Evergrant['getFlow']> => {
  const { publicUrl } = evergrant.settings;
  const browser = createBrowser(evergrant.handler);
  const started = await evergrant.connect(input);
  const away = await browser.follow(started.url, (url) => !url.startsWith(`${publicUrl}/`));
  if (away === null) {
    const { status, error } = await evergrant.getFlow(started.id);
    if (status === 'pending') throw new Error('The flow waits on a page of ours: name what it asks for in the request');
    throw error ?? new Error(`The flow is ${status} before it left`);
  }
  await browser.follow(await consent(away), () => false);
  const flow = await evergrant.getFlow(started.id);
  if (flow.status !== 'choosing') return flow;
  const offered = flow.accounts.filter(
    ({ id, unavailable }) => unavailable === null && (accounts?.includes(id) ?? true),
  );
  return evergrant.chooseAccounts(
    flow.id,
    offered.map(({ id }) => id),
  );
};

/** As much of a browser as a flow needs: redirects and cookies. */
const createBrowser = (handler: Evergrant['handler']) => {
  const jar = new Map<string, string>();
  const open = async (url: string): Promise<Response> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await handler(
      new Request(url, { headers: { accept: 'text/html', ...(cookie ? { cookie } : {}) } }),
    );
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (name !== undefined) jar.set(name, value!);
    }
    return response;
  };
  return {
    /** @returns the first address that is left to others; null: a page was reached */
    async follow(from: string, isElsewhere: (url: string) => boolean): Promise<string | null> {
      let url = from;
      for (let count = 0; count < mostRedirects; count++) {
        const location = (await open(url)).headers.get('location');
        if (location === null) return null;
        url = new URL(location, url).href;
        if (isElsewhere(url)) return url;
      }
      throw new Error(`The flow redirects without end, last to ${url}`);
    },
  };
};

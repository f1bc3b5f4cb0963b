import type { Context as HonoContext } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { HttpEnv } from './deps.ts';

/**
 * The cookie that binds a flow to the browser in which it began (RFC 9700 section 4.7.1): one for each flow, so that
 * several can run side by side. Behind https it has the `__Host-` prefix; plain http is only ever loopback, where some
 * browsers drop cookies that are marked Secure.
 */
export const flowCookies = (publicUrl: string) => {
  const secure = publicUrl.startsWith('https:');
  const name = (flowId: string): string => `${secure ? '__Host-' : ''}evergrant_${flowId}`;
  return {
    read: (c: HonoContext<HttpEnv>, flowId: string): string | undefined => getCookie(c, name(flowId)),
    /** The flows that began in this browser. */
    flowIds: (c: HonoContext<HttpEnv>): string[] =>
      Object.keys(getCookie(c)).flatMap((cookie) =>
        cookie.startsWith(name('flow_')) ? cookie.slice(name('').length) : [],
      ),
    write: (c: HonoContext<HttpEnv>, flowId: string, token: string): void =>
      setCookie(c, name(flowId), token, {
        path: '/',
        httpOnly: true,
        secure,
        // Lax: the platform's answer is a top-level navigation from another site, and must bring the cookie along.
        sameSite: 'Lax',
        maxAge: 30 * 60,
      }),
  };
};

/** What a flow's link said about how its pages are shown. A platform that answers takes every other memory of it away. */
export interface Presentation {
  language: string | undefined;
  inPopup: boolean;
}

/** Keeps for a flow, as long as the cookie above, in which language its pages are shown and whether in a popup. */
export const presentationCookies = (publicUrl: string) => {
  const secure = publicUrl.startsWith('https:');
  const name = (flowId: string): string => `${secure ? '__Host-' : ''}evergrant_show_${flowId}`;
  return {
    read: (c: HonoContext<HttpEnv>, flowId: string): Presentation => {
      const [language, window] = (getCookie(c, name(flowId)) ?? '').split('.');
      return { language, inPopup: window === 'popup' };
    },
    write: (c: HonoContext<HttpEnv>, flowId: string, { language, inPopup }: Presentation): void =>
      setCookie(c, name(flowId), `${language ?? ''}.${inPopup ? 'popup' : ''}`, {
        path: '/',
        httpOnly: true,
        secure,
        sameSite: 'Lax',
        maxAge: 30 * 60,
      }),
  };
};

/** Whether a host name as `URL` writes it never leaves this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127\.\d+\.\d+\.\d+$/.test(hostname);

/** Whether tokens and codes may travel there: https, or http that stays on this machine. */
export const isSecure = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));

/** Whether user name and password stand in the address, where they end up in logs. */
export const hasCredentials = (url: URL): boolean => url.username !== '' || url.password !== '';

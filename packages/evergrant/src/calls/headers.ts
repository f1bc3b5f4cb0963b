/** RFC 9110 section 7.6.1: between two neighbours only. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** What belongs to the journey to us: who calls, from where, through what, and how its bytes are framed. */
const notForwarded: ReadonlySet<string> = new Set([
  ...hopByHop,
  'accept-encoding',
  'authorization',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
  'referer',
  'user-agent',
  'via',
  'x-real-ip',
  'x-request-id',
]);

/** What a platform says to browsers about its own pages must not be said by our address. */
const notReturned: ReadonlySet<string> = new Set([
  ...hopByHop,
  'alt-svc',
  'cache-control',
  'clear-site-data',
  'content-length',
  'expires',
  'nel',
  'permissions-policy',
  'pragma',
  'referrer-policy',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'set-cookie',
  'set-cookie2',
  'sourcemap',
  'strict-transport-security',
  'www-authenticate',
  'x-content-type-options',
  'x-frame-options',
  'x-request-id',
]);

const families = {
  forwarded: /^(?:x-forwarded-|sec-|cf-|evergrant-)/,
  returned: /^(?:access-control-|content-security-policy|cross-origin-|evergrant-)/,
};

/** Names that the `Connection` header declares to be between neighbours too. */
const declared = (connection: string | null | undefined): Set<string> =>
  new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));

/** The headers of a caller that go on to the platform, with lower-case names. */
export const forwardedHeaders = (headers: Headers): Record<string, string> => {
  const between = declared(headers.get('connection'));
  return Object.fromEntries(
    [...headers].filter(([name]) => !notForwarded.has(name) && !families.forwarded.test(name) && !between.has(name)),
  );
};

/** The headers of a platform that go back to the caller. */
export const returnedHeaders = (headers: [name: string, value: string][]): [string, string][] => {
  const between = declared(headers.find(([name]) => name === 'connection')?.[1]);
  return headers.filter(([name]) => !notReturned.has(name) && !families.returned.test(name) && !between.has(name));
};

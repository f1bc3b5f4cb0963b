import type { OAuth2Protocol } from '../../providers/define.ts';
import type { Protocol } from '../types.ts';

/** Puts the token where the platform reads it: RFC 6750 section 2.1 unless the definition says otherwise. */
export const sign: Protocol<OAuth2Protocol>['sign'] = async ({ definition }, { accessToken }, { url }) => {
  const how = definition.api.authentication ?? 'bearer';
  if (how === 'bearer') return { url, headers: { authorization: `Bearer ${accessToken}` } };
  if ('header' in how) {
    const value = how.prefix ? `${how.prefix.trim()} ${accessToken}` : accessToken;
    return { url, headers: { [how.header.toLowerCase()]: value } };
  }
  const target = new URL(url);
  target.searchParams.set(how.query, accessToken);
  return { url: target.href, headers: {} };
};

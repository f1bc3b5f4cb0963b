/** Under this name a grant keeps the secret of its token (RFC 5849 section 2.3), sealed with the other facts. */
const name = 'oauth_token_secret';

/** What a grant keeps beside the token. */
export const withTokenSecret = (facts: Record<string, string>, secret: string): Record<string, string> => ({
  ...facts,
  [name]: secret,
});

/** @returns undefined where the grant is none of OAuth 1.0a */
export const tokenSecretOf = (extra: Record<string, string>): string | undefined => extra[name];

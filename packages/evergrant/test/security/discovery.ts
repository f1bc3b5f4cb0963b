/** The metadata of an authorization server (RFC 8414). */
export const metadata = (origin: string, more: object) => ({
  body: {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    revocation_endpoint: `${origin}/revoke`,
    ...more,
  },
});

/** The provider with nothing declared but its issuer. */
export const discovered = ({ origin }: { origin: string }) => ({
  definition: {
    protocol: {
      issuer: origin,
      authorizationEndpoint: undefined,
      tokenEndpoint: undefined,
      revocationEndpoint: undefined,
    },
  },
});

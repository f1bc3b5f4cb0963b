/** The app that is registered at the authorization server. */
export const client = { id: 'evergrant-client', secret: 'client-secret-5b0f7d3e9a1c4862' };

/** What the authorization server has seen and given out. */
export interface OidcFacts {
  /** Token requests, by grant type. */
  requests: Record<string, number>;
  /** Token requests that were answered with an error. */
  refused: number;
  secrets: Record<'code' | 'verifier' | 'access' | 'refresh', string[]>;
}

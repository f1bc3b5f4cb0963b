import { defineProvider } from '../define.ts';
import {
  api,
  consentEnds,
  handleErrors,
  options,
  profile,
  protocol,
  refresh,
  scopeFacts,
  unconfirmed,
} from './linkedin.shared.ts';

export default defineProvider({
  id: 'linkedin',
  name: 'LinkedIn',
  protocol,
  scopes: {
    required: ['openid', 'profile', 'w_member_social'],
    optional: ['email'],
    // Asked with spaces, reported with commas; the documentation shows both.
    reported: 'space-or-comma',
    facts: scopeFacts,
  },
  refresh,
  profile,
  api,
  handleErrors,
  maxConcurrentJob: 2,
  consentEnds,
  options,
  setup: {
    console: 'https://www.linkedin.com/developers/apps',
    steps: [
      'Create an app. It needs a LinkedIn page of a company, and an admin of that page must verify the app by link.',
      'Products: add "Share on LinkedIn" and "Sign In with LinkedIn using OpenID Connect".',
      'Auth tab: add the redirect URI, copy the Client ID and the Primary Client Secret.',
    ],
    redirectUri:
      'Exact and absolute, several per app, no fragment; LinkedIn ignores query arguments. http://localhost works.',
    review: 'None for these two products. Refresh tokens need a Marketing or Community product, by application form.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'medium',
    sources: [
      'learn.microsoft.com/linkedin: authorization-code-flow, programmatic-refresh-tokens, token-introspection, sign-in-with-linkedin-v2, error-handling',
      'GitHub: UsefulSoftwareCo/executor#2087 (code_verifier), badgateway/oauth2-client#141 (Basic), tomasvotava/fastapi-sso#196 (65601 after the exchange), mbilling/PBIConnectors#25 (unauthorized_scope_error)',
    ],
    unconfirmed,
  },
});

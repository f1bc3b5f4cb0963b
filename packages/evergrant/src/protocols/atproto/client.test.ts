import { describe, expect, it } from 'vitest';
import { clientOf } from './client.ts';

const scopes = ['atproto', 'transition:generic'];

describe('clientOf', () => {
  it.each([
    [
      'https://app.example/integrations/social/bluesky',
      'https://app.example/integrations/social/bluesky/client-metadata.json',
    ],
    [
      'https://app.example/base/integrations/social/bluesky/',
      'https://app.example/base/integrations/social/bluesky/client-metadata.json',
    ],
  ])('is the document of a service at %s', (redirectUri, clientId) => {
    expect(clientOf(redirectUri, scopes)).toEqual({ clientId, redirectUri });
  });

  it.each([
    ['http://localhost:3000/cb', 'http://127.0.0.1:3000/cb'],
    ['http://127.0.0.1:3000/cb', 'http://127.0.0.1:3000/cb'],
    ['http://evergrant.localhost/cb', 'http://127.0.0.1/cb'],
    ['http://[::1]:3000/cb', 'http://[::1]:3000/cb'],
  ])('says everything itself for development at %s', (configured, redirectUri) => {
    const encoded = encodeURIComponent(redirectUri);
    expect(clientOf(configured, scopes)).toEqual({
      clientId: `http://localhost?redirect_uri=${encoded}&scope=atproto%20transition%3Ageneric`,
      redirectUri,
    });
  });
});

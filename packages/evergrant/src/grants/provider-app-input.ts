import { EvergrantError } from '../errors/index.ts';
import { needsNoApp, type ResolvedProvider, redirectUriFor } from '../providers/resolve.ts';
import { SettingsError } from '../settings/errors.ts';

/** An app as it is set. */
export interface AppInput {
  clientId: string;
  /** Left out, the one that is known for this client id stays; null: the app has none. */
  clientSecret?: string | null;
  /** Tried where the first one is refused, and then put in its place. OAuth 2.0 only. */
  nextClientSecret?: string | null;
  /** Left out: what the settings say, else the definition's required ones. */
  scopes?: string[];
  /** The standard redirect URI, with or without a final slash. */
  redirectUri?: string;
}

/** @throws EvergrantError `invalid_request`; `conflict` where the provider has no app to set */
export const checkAppInput = (provider: ResolvedProvider, publicUrl: string, input: AppInput): void => {
  const { definition, simulated } = provider;
  const refused = without(provider);
  if (refused) throw new EvergrantError('conflict', { provider: definition.id, ...refused });
  if (simulated) {
    throw new EvergrantError('conflict', {
      provider: definition.id,
      detail: `${definition.name} is simulated here. Start the service with SANDBOX=off to use an app of yours`,
    });
  }
  if (input.nextClientSecret != null && definition.protocol.kind !== 'oauth2') {
    throw invalid(
      '/next_client_secret',
      'is for OAuth 2.0 only: every request of OAuth 1.0a is signed with the one secret',
    );
  }
  if (input.redirectUri === undefined) return;
  try {
    redirectUriFor(publicUrl, definition.id, input.redirectUri);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const standard = redirectUriFor(publicUrl, definition.id);
    throw invalid('/redirect_uri', `must be ${standard}, with or without a final slash`);
  }
};

/** Why a provider can have no app; null: it can. */
export const without = ({ definition }: ResolvedProvider): { detail: string } | null =>
  needsNoApp(definition) ? { detail: `${definition.name} needs no app: there is none to set` } : null;

const invalid = (pointer: string, message: string): EvergrantError =>
  new EvergrantError('invalid_request', {
    detail: `${pointer.slice(1)}: ${message}`,
    errors: [{ pointer, code: 'invalid', message }],
  });

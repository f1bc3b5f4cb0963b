export type { ListFilter, RenewalRecord } from './connections/connections.ts';
export type { Flow, FlowAccount } from './connections/flow-view.ts';
export type { ConnectInput, StartedFlow } from './connections/flows.ts';
export type { Imported, ImportInput } from './connections/import.ts';
export type { Connection } from './connections/view.ts';
export { type Actor, type ErrorCode, EvergrantError, isEvergrantError, type ReauthReason } from './errors/index.ts';
export type { EventType, TimelineEvent } from './events/index.ts';
export type { TimelineQuery } from './events/timeline.ts';
export type {
  Delivery,
  NewWebhookEndpoint,
  Replay,
  WebhookEndpoint,
  WebhookEndpointChanges,
} from './events/webhooks/index.ts';
export { createEvergrant, type Evergrant } from './evergrant.ts';
export type { Inspection } from './grants/inspection.ts';
export type { AppInput } from './grants/provider-app-input.ts';
export type { AppDescription } from './grants/provider-apps.ts';
export type { AccessToken } from './grants/read.ts';
export type { ApiKey, Keyring, NewKey, Permission } from './http/keyring.ts';
export type {
  AuthDetails,
  AuthenticateInput,
  AuthUrlInput,
  ErrorFacts,
  HandledError,
  ProviderOperations,
} from './provider-operations.ts';
export type * from './providers/define.ts';
export { days, defineProvider, oauth1, oauth2 } from './providers/define.ts';
export {
  defineConfig,
  type EvergrantConfig,
  type KeyProvider,
  type ProviderConfig,
  SettingsError,
} from './settings/index.ts';
export type { Page } from './store/index.ts';

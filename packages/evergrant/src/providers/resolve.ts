import { appVariables } from '../settings/environment.ts';
import { SettingsError } from '../settings/errors.ts';
import { deepFreeze, isPlainObject, merged } from '../settings/plain.ts';
import { describeIssues } from '../settings/schema.ts';
import type { ProviderSettings } from '../settings/types.ts';
import type { Secret } from '../telemetry/secret.ts';
import type { AnyDefinition, PartialDefinition } from './define.ts';
import { definitionSchema } from './schema.ts';
import { addressFault } from './schema-parts.ts';

/** A provider as this installation has it: its definition with what the operator's settings change and add. */
export interface ResolvedProvider {
  definition: AnyDefinition;
  clientId: string | null;
  clientSecret: Secret | null;
  /** Tried where the first one is refused, while secrets are exchanged at the platform. */
  nextClientSecret?: Secret | null;
  /** Where the app comes from; null: there is none. */
  appSource: 'settings' | 'api' | null;
  /** Whether the sandbox plays this platform. */
  simulated: boolean;
  /** What a flow asks for: the configured scopes, else the definition's required ones. */
  scopes: readonly string[];
  /** Reroutes: every URL that starts with the key is sent to the value. */
  origins: Readonly<Record<string, string>>;
  /** Origins that the operator's own settings name, never those of a built-in definition; the SSRF guard lets them pass. */
  trustedOrigins: ReadonlySet<string>;
  /** As configured; see {@link redirectUriFor}. */
  redirectUriSetting: string | undefined;
  /** Values for the placeholders of URLs. */
  variables: Readonly<Record<string, string>>;
}

/**
 * Merges settings over a built-in definition, or takes a whole definition from settings, and checks the result.
 * Objects are merged at every depth; lists, single values and what is one of several kinds are replaced; `options` of the
 * settings win over all.
 *
 * @param id the key under which settings and built-in definitions know the provider
 * @throws SettingsError with every fault and its path, e.g. `providers.acme.definition.protocol.tokenEndpoint`
 */
export const resolveProvider = (
  id: string,
  builtin: AnyDefinition | undefined,
  settings: ProviderSettings | undefined,
): ResolvedProvider => {
  if (!builtin && !settings?.definition) {
    throw new SettingsError([`providers.${id}: is no built-in provider, and another one needs a "definition"`]);
  }
  const definition = checked(id, withDefaults(id, withSettings(builtin, settings)));
  const variables = definition.options ?? {};
  return {
    definition,
    clientId: settings?.clientId ?? null,
    clientSecret: settings?.clientSecret ?? null,
    appSource: settings?.clientId === undefined ? null : 'settings',
    simulated: settings?.simulated ?? false,
    scopes: settings?.scopes ?? definition.scopes.required,
    origins: settings?.origins ?? {},
    trustedOrigins: trustedOrigins(settings, variables),
    redirectUriSetting: settings?.redirectUri,
    variables,
  };
};

/** Whether an operator need not register anything: the protocol knows no apps, or one is registered at each instance. */
export const needsNoApp = ({ protocol, instance }: AnyDefinition): boolean =>
  protocol.kind === 'atproto' || instance?.registration !== undefined;

/** Whether a flow can be started. */
export const isConfigured = (provider: ResolvedProvider): boolean =>
  provider.clientId !== null || needsNoApp(provider.definition);

/** Whether an app lacks the secret without which the platform does not know it (RFC 6749 section 2.3, RFC 5849). */
export const lacksSecret = ({ definition: { protocol }, clientId, clientSecret }: ResolvedProvider): boolean => {
  if (clientId === null || clientSecret !== null || protocol.kind === 'atproto') return false;
  if (protocol.kind === 'oauth1') return true;
  const methods = [protocol.clientAuthentication ?? 'none'].flat();
  return !methods.includes('none');
};

/** What the operator must know of such an app. */
export const lacksSecretText = ({ definition: { id } }: ResolvedProvider): string =>
  `${id} needs a client secret, and none is set. Set ${appVariables(id).clientSecret.join(' or ')}`;

/**
 * The redirect URI of a provider (RFC 6749 section 3.1.2), which platforms compare letter by letter.
 *
 * @param publicUrl without a final slash
 * @param setting the configured one: the same address, or the same with a final slash, which some platforms demand
 * @throws SettingsError when the setting is another address
 */
export const redirectUriFor = (publicUrl: string, id: string, setting?: string): string => {
  const standard = `${publicUrl}/integrations/social/${id}`;
  if (setting === undefined || setting === standard || setting === `${standard}/`) return setting ?? standard;
  throw new SettingsError([`providers.${id}.redirectUri: must be ${standard}, with or without a final slash`]);
};

const withSettings = (
  builtin: AnyDefinition | undefined,
  settings: ProviderSettings | undefined,
): Record<string, unknown> => {
  const definition = merged(withoutReplaced(builtin, settings?.definition), { ...settings?.definition });
  return settings?.options ? merged(definition, { options: settings.options }) : definition;
};

/**
 * A built-in definition without the members that are of one kind or another (a fixed life or a sliding one, a token in a
 * header or in the query), where the settings say which: merged they would be both.
 */
const withoutReplaced = (
  builtin: AnyDefinition | undefined,
  { refresh, api, validation }: PartialDefinition = {},
): Record<string, unknown> => ({
  ...builtin,
  ...(builtin?.refresh && refresh?.lifetime ? { refresh: { ...builtin.refresh, lifetime: undefined } } : {}),
  ...(builtin?.api && api?.authentication ? { api: { ...builtin.api, authentication: undefined } } : {}),
  ...(builtin?.validation && validation?.authentication
    ? { validation: { ...builtin.validation, authentication: undefined } }
    : {}),
});

const withDefaults = (id: string, definition: Record<string, unknown>): Record<string, unknown> => {
  const { profile, api, oneTimeToken, refresh } = definition;
  const get = isPlainObject(profile) ? profile['get'] : undefined;
  const origin = typeof get === 'string' ? /^(?:\{[\w.]+\}|https?:\/\/[^/?#]+)/i.exec(get)?.[0] : undefined;
  const needsApi = origin !== undefined && (api === undefined || (isPlainObject(api) && api['baseUrl'] === undefined));
  const needsRotation = typeof oneTimeToken === 'boolean' && (refresh === undefined || isPlainObject(refresh));
  return {
    id,
    name: id,
    ...definition,
    ...(needsApi ? { api: { ...api, baseUrl: origin } } : {}),
    ...(needsRotation ? { refresh: { rotates: rotationOf(oneTimeToken), ...refresh } } : {}),
  };
};

const rotationOf = (oneTimeToken: boolean): 'always' | 'never' => (oneTimeToken ? 'always' : 'never');

const checked = (id: string, definition: Record<string, unknown>): AnyDefinition => {
  const at = ['providers', id, 'definition'];
  const result = definitionSchema.safeParse(definition);
  if (!result.success) throw new SettingsError(describeIssues(result.error.issues, definition, at));
  const faults: string[] = [];
  if (result.data.id !== id) {
    faults.push(`providers.${id}.definition.id: must be "${id}" as its key; leave it out, or change one of them`);
  }
  const { oneTimeToken, refresh } = result.data;
  if (oneTimeToken !== undefined && refresh?.rotates !== rotationOf(oneTimeToken)) {
    faults.push(
      `providers.${id}.definition.oneTimeToken: contradicts refresh.rotates, which is "${refresh?.rotates}"; give one of them`,
    );
  }
  for (const [name, value] of Object.entries(result.data.options ?? {})) {
    const reason = /^[a-z]+:\/\//i.test(value) ? addressFault(value) : undefined;
    if (reason) faults.push(`providers.${id}.options.${name}: ${reason}`);
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return deepFreeze(result.data);
};

const trustedOrigins = (
  settings: ProviderSettings | undefined,
  variables: Readonly<Record<string, string>>,
): ReadonlySet<string> => {
  // What is only shown to people, and scopes that are written as URLs, never become requests.
  const { setup: _setup, facts: _facts, scopes, ...requested } = settings?.definition ?? {};
  const sources = [Object.values(settings?.origins ?? {}), settings?.options, scopes?.grantedFrom, requested];
  return new Set(sources.flatMap(urlsIn).flatMap((url) => originOf(fill(url, variables))));
};

const urlsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return /^https?:\/\//i.test(value) ? [value] : [];
  return Array.isArray(value) || isPlainObject(value) ? Object.values(value).flatMap(urlsIn) : [];
};

const fill = (url: string, variables: Readonly<Record<string, string>>): string =>
  url.replace(/\{([\w.]+)\}/g, (whole, name: string) => (Object.hasOwn(variables, name) ? variables[name]! : whole));

/** None where a person's answer decides the host (`{instance}`): that one must pass the guard. */
const originOf = (url: string): string[] => {
  const origin = /^https?:\/\/[^/?#]*\{/i.test(url) ? undefined : URL.parse(url)?.origin;
  return origin === undefined ? [] : [origin];
};

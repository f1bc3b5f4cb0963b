import { Secret } from '../telemetry/secret.ts';
import type { ProviderConfig } from './config.ts';
import { appVariables, type Environment, lookUp } from './environment.ts';
import { attempt, fault } from './errors.ts';
import { merged } from './plain.ts';
import { pathLabel } from './schema.ts';
import type { ProviderSettings } from './types.ts';
import { parseRerouted, parseScopes, parseTarget } from './values.ts';

/**
 * What environment and configuration say about one provider; undefined when they say nothing.
 *
 * @param faults gets what is wrong
 * @param warnings gets what is odd but works
 */
export const parseProvider = (
  id: string,
  config: ProviderConfig | undefined,
  env: Environment,
  faults: string[],
  warnings: string[],
): ProviderSettings | undefined => {
  const variables = appVariables(id);
  const clientId = lookUp(env, variables.clientId)?.text ?? config?.clientId;
  const clientSecret = lookUp(env, variables.clientSecret)?.text ?? config?.clientSecret;
  const scopes = lookUp(env, variables.scopes)?.text;
  if (clientSecret !== undefined && clientId === undefined) {
    warnings.push(`${variables.clientSecret[0]} is set, but ${variables.clientId[0]} is not`);
  }
  if (config === undefined && clientId === undefined && clientSecret === undefined && scopes === undefined) {
    return undefined;
  }
  // The caller's own objects are not frozen with the settings: `merged` copies them.
  const { scopes: configScopes, origins, ...rest } = merged({}, { ...config }) as ProviderConfig;
  return {
    ...rest,
    ...(clientId === undefined ? {} : { clientId }),
    clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret),
    scopes: scopes === undefined ? configScopes : parseScopes(scopes),
    origins: origins && parseReroutes(id, origins, faults),
  };
};

const parseReroutes = (id: string, origins: Record<string, string>, faults: string[]): Record<string, string> => {
  const reroutes: Record<string, string> = {};
  for (const [from, to] of Object.entries(origins)) {
    const label = pathLabel(['providers', id, 'origins', from]);
    const example = `origins: { 'https://graph.threads.com': 'https://graph.threads.net' }`;
    const describe = (reason: string): string => fault(label, reason, example);
    const key = attempt(faults, () => parseRerouted(from), describe);
    const target = attempt(faults, () => parseTarget(to), describe);
    if (key !== undefined && target !== undefined) reroutes[key] = target;
  }
  return reroutes;
};

import type { AnyDefinition } from '../providers/define.ts';
import { fill } from './origins.ts';

/** Where a client finds what, in the order in which it is asked. */
export type Endpoints = Record<string, string>;

/**
 * The endpoints of a simulated platform as a client of OAuth must know them.
 *
 * @param origins from each origin of the definition to where it is played
 */
export const endpointsOf = (definition: AnyDefinition, origins: Record<string, string>): Endpoints => {
  const { protocol, profile, instance } = definition;
  const declared = Object.entries(protocol).filter(([name]) => name.endsWith('Endpoint'));
  const directory = protocol.kind === 'atproto' ? [['directory', protocol.plcUrl]] : [];
  const registration = instance?.registration ? [['registrationEndpoint', instance.registration.endpoint]] : [];
  const all = [...registration, ...directory, ...declared, ['profile', profile.get]];
  // What is found for an account only is no endpoint that could be named here.
  return Object.fromEntries(
    all.flatMap(([name, url]) => (url!.includes('{extra.') ? [] : [[name!, played(url!, definition, origins)]])),
  );
};

const played = (url: string, definition: AnyDefinition, origins: Record<string, string>): string => {
  const filled = fill(url, definition);
  const origin = Object.keys(origins).find((known) => filled === known || filled.startsWith(`${known}/`));
  return origin ? origins[origin] + filled.slice(origin.length) : filled;
};

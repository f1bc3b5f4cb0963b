import { isIPv4 } from 'node:net';
import { EvergrantError } from '../errors/index.ts';
import type { AnyDefinition } from '../providers/define.ts';
import type { SandboxPlatform } from './types.ts';

/** Whether a URL is one of this computer only. */
export const isLoopback = (url: string): boolean => {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return false;
  const host = parsed.hostname;
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'))
  );
};

/**
 * The base URL without a final slash.
 * @throws EvergrantError `definition_invalid` when it is not on loopback: whoever reached it could sign in as anyone
 */
export const checkedBaseUrl = (url: string): string => {
  if (isLoopback(url)) return url.replace(/\/+$/, '');
  throw new EvergrantError('definition_invalid', {
    detail:
      'The sandbox lets anyone sign in as anybody, so its base URL must be on loopback, e.g. http://localhost:3000/sandbox.',
  });
};

/** The one instance that is played of a platform with many. */
export const playedInstance = ({ id }: Pick<AnyDefinition, 'id'>): string => `${id}.example`;

/** Fills the placeholders of a definition's URL from its options; others stay, they never reach a host. */
export const fill = (url: string, definition: AnyDefinition, variables: Record<string, string> = {}): string => {
  const values: Record<string, string> = { instance: playedInstance(definition), ...definition.options, ...variables };
  return url.replace(/\{([^}]+)\}/g, (whole, name: string) => values[name] ?? whole);
};

/** The origins to which Evergrant may turn for this platform. */
export const originsOf = ({ definition, fixture }: SandboxPlatform): string[] => {
  const { protocol, scopes, profile, accounts, api } = definition;
  const urls = [...texts([protocol, scopes.grantedFrom, profile, accounts, api]), ...Object.keys(fixture.get)];
  const origins = urls
    .filter((text) => /^https?:\/\//.test(text) || text.startsWith('{'))
    .map((url) => URL.parse(fill(url, definition))?.origin);
  return [...new Set(origins)].filter((origin) => origin !== undefined && origin !== 'null') as string[];
};

const texts = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
};

/** The path segment under which an origin is played. */
export const segmentOf = (origin: string): string => new URL(origin).host;

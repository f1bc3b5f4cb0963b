import type { AnyDefinition } from '../../providers/define.ts';

const placeholder = /\{([\w.]+)\}/g;

/** Placeholders that are filled from elsewhere than the options, by the place where they may stand. */
const alwaysKnown = ['clientId'];
const onlyIn: Record<string, string[]> = {
  'scopes.grantedFrom': ['accessToken'],
  'profile.post': ['accessToken'],
  'instance.registration': ['redirectUri', 'scopes', 'publicUrl'],
};

/** 32 random bytes as base64url: the shortest state that we send. */
const stateLength = 43;

/** The first `{placeholder}` of a text that nothing has filled. */
export const leftPlaceholder = (text: string): string | undefined => text.match(placeholder)?.[0];

/** Whether tokens can be revoked at the platform. */
export const offersRevocation = ({ protocol }: AnyDefinition): boolean => {
  if (protocol.kind === 'oauth1') return protocol.revocationEndpoint !== undefined;
  if (protocol.kind !== 'oauth2') return false;
  const { revocation, revocationEndpoint, issuer } = protocol;
  return revocation !== 'none' && Boolean(revocationEndpoint ?? revocation?.endpoint ?? issuer);
};

/** What can be said of a definition without playing it; one sentence for each violation. */
export const checkDefinition = (definition: AnyDefinition): string[] => {
  const { id, protocol, scopes, facts, setup } = definition;
  const violations: string[] = [];
  const must = (holds: unknown, sentence: string) => {
    if (!holds) violations.push(sentence);
  };
  must(/^[a-z][a-z0-9-]*$/.test(id), `the id “${id}” must be lower-case letters, digits and hyphens`);
  must(/^\d{4}-\d{2}-\d{2}$/.test(facts?.date ?? ''), 'facts must have a date, YYYY-MM-DD');
  must(facts?.sources.length, 'facts must name their sources');
  must(setup?.steps.length, 'setup must have steps');
  const longest = protocol.kind === 'oauth2' ? protocol.stateMaxLength : undefined;
  must(!longest || longest >= stateLength, `state must take ${stateLength} characters`);
  for (const scope of [...scopes.required, ...(scopes.optional ?? [])]) {
    must(scopes.facts?.[scope]?.permits, `scopes.facts must say what ${scope} permits`);
    // Reported scopes are brought under the name that has the alias, so that this one would always seem to be missing.
    const other = Object.entries(scopes.facts ?? {}).find(([, { aliases }]) => aliases?.includes(scope));
    must(!other, `${scope} must be asked for as ${other?.[0]}, whose alias it is`);
  }
  for (const { path, text } of textsOf(definition)) {
    must(!/^[a-z]+:\/\//.test(text) || text.startsWith('https://'), `${path} must be https: ${text}`);
    for (const [whole, name] of text.matchAll(placeholder)) {
      must(name && isKnown(definition, path, name), `${path} holds ${whole}, for which there is no value`);
    }
  }
  return violations;
};

/** Facts that grants keep, by which `{extra.…}` is filled. */
const keptFacts = ({ protocol }: AnyDefinition): string[] => {
  if (protocol.kind === 'atproto') return ['did', 'handle', 'issuer', 'pds'];
  return Object.keys((protocol.kind === 'oauth2' ? protocol.tokenResponse?.keep : protocol.keep) ?? {});
};

const isKnown = (definition: AnyDefinition, path: string, name: string) =>
  alwaysKnown.includes(name) ||
  Object.hasOwn(definition.options ?? {}, name) ||
  (name === 'instance' && definition.instance !== undefined) ||
  keptFacts(definition).some((fact) => name === `extra.${fact}`) ||
  (path === 'profile.get' && Object.hasOwn(definition.profile.variables?.([]) ?? {}, name)) ||
  Object.entries(onlyIn).some(([place, names]) => path.startsWith(place) && names.includes(name));

/** Every text of a definition with its dotted path; patterns and hooks are left out. */
const textsOf = (value: unknown, path = ''): { path: string; text: string }[] => {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return [];
  return Object.entries(value).flatMap(([name, member]) => textsOf(member, path ? `${path}.${name}` : name));
};

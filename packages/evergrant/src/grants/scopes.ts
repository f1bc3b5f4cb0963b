import type { AnyDefinition } from '../providers/define.ts';

/**
 * Which of `required` are not among `granted` (RFC 6749 section 3.3): as sets, with the platform's other spellings and
 * with scopes that include others. This is the provider operation `checkScopes`.
 */
export const checkScopes = (definition: AnyDefinition, required: string[], granted: string[]): string[] => {
  const held = new Set<string>();
  const hold = (scope: string): void => {
    if (held.has(scope)) return;
    held.add(scope);
    for (const implied of definition.scopes.facts?.[scope]?.implies ?? []) hold(implied);
  };
  for (const scope of canonicalScopes(definition, granted)) hold(scope);
  return required.filter((scope) => !held.has(scope));
};

/** Granted scopes under the names that the definition uses, each once, in the order given. */
export const canonicalScopes = (definition: AnyDefinition, scopes: string[]): string[] => {
  const names = new Map<string, string>();
  for (const [name, facts] of Object.entries(definition.scopes.facts ?? {})) {
    for (const alias of facts.aliases ?? []) names.set(alias, name);
  }
  return [...new Set(scopes.map((scope) => names.get(scope) ?? scope))];
};

/** The definition's required scopes, as far as this grant was asked for them, that were not granted. */
export const missingScopes = (definition: AnyDefinition, requested: string[], granted: string[]): string[] =>
  checkScopes(
    definition,
    definition.scopes.required.filter((scope) => requested.includes(scope)),
    granted,
  );

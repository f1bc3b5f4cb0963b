import { EvergrantError } from '../errors/index.ts';
import type { App } from './types.ts';

/** Everything that the placeholders of a definition may name, beside what only one place knows. */
export const variablesOf = (
  app: App,
  { extra = {}, instance = null }: { extra?: Record<string, string>; instance?: string | null } = {},
): Record<string, string> => ({
  ...app.variables,
  ...(instance ? { instance } : {}),
  ...Object.fromEntries(Object.entries(extra).map(([name, value]) => [`extra.${name}`, value])),
  clientId: app.clientId,
});

/**
 * Fills the placeholders of header values and fixed parameters. Unlike URLs they take any text as it is.
 *
 * @throws EvergrantError `definition_invalid` naming a placeholder for which there is no value
 */
export const fillTexts = (
  texts: Record<string, string> | undefined,
  variables: Record<string, string>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(texts ?? {}).map(([name, text]) => [name, fillText(text, variables)]));

const fillText = (text: string, variables: Record<string, string>): string =>
  text.replace(/\{([A-Za-z0-9_.-]+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value !== undefined) return value;
    throw new EvergrantError('definition_invalid', { detail: `There is no value for {${name}}.` });
  });

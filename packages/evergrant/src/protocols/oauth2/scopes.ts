import type { Scopes } from '../../providers/define.ts';

const separators: Record<NonNullable<Scopes['reported']>, RegExp> = {
  space: / +/,
  comma: /\s*,\s*/,
  'space-or-comma': /[\s,]+/,
};

/**
 * Scopes as a platform reports them, split as its definition says (RFC 6749 section 3.3).
 *
 * @returns each once; null for silence. An empty report is none: GitHub sends an empty text for tokens whose permissions
 *   are not scopes
 */
export const reportedScopes = (
  reported: string | readonly string[],
  separator: Scopes['reported'] = 'space',
): string[] | null => {
  const scopes = typeof reported === 'string' ? reported.split(separators[separator]) : reported;
  const named = [...new Set(scopes.map((scope) => scope.trim()).filter(Boolean))];
  return named.length > 0 ? named : null;
};

/** Insertions, deletions and replacements that turn one word into the other (Levenshtein). */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const replaced = row[column - 1]! + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
};

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_]/g, '');

/** The known word that was probably meant: at most a third of its letters differ, whatever its case and dashes. */
const closest = (word: string, known: readonly string[]): string | undefined => {
  // Longer words are no names of ours, and the comparison is quadratic.
  if (word.length > 64) return undefined;
  const ranked = known
    .map((candidate) => ({ candidate, away: distance(plain(word), plain(candidate)) }))
    .sort((one, other) => one.away - other.away);
  const best = ranked[0];
  return best && best.away <= Math.min(3, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
};

/** ` (did you mean "…"?)`, or nothing when no known word is close. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const meant = closest(word, known);
  return meant === undefined ? '' : ` (did you mean "${meant}"?)`;
};

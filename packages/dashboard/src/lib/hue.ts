/** Number of tile colours in the style. */
const hues = 12;

/** The class of a tile's colour, the same for an id here as on the connect pages. */
export const hueClass = (id: string): string => {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return `hue-${sum % hues}`;
};

/** The first letter or digit of a name. */
export const initial = (name: string): string => (/[\p{L}\p{N}]/u.exec(name)?.[0] ?? '?').toUpperCase();

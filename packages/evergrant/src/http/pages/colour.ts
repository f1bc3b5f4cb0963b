/** A colour as three parts from 0 to 255. */
type Colour = readonly [red: number, green: number, blue: number];

/** Accents of one theme, as values for the style. */
export interface Accents {
  accent: string;
  onAccent: string;
  /** Of buttons. */
  fill: string;
  onFill: string;
  fillOver: string;
  tint: string;
}

/** WCAG 2.2, success criterion 1.4.3. */
const readable = 4.5;
/** Below it a button is taken for its ground. */
const visible = 1.4;
const white: Colour = [255, 255, 255];
const black: Colour = [0, 0, 0];

const parse = (hex: string): Colour => {
  const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0];
};

const toHex = (colour: Colour): string => `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

const mix = (one: Colour, other: Colour, share: number): Colour =>
  one.map((part, index) => Math.round(part * (1 - share) + (other[index] ?? 0) * share)) as unknown as Colour;

const luminance = (colour: Colour): number => {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
};

/** Contrast of two colours (WCAG 2.2), from 1 to 21. */
export const contrast = (one: string, other: string): number => contrastOf(parse(one), parse(other));

const contrastOf = (one: Colour, other: Colour): number => {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
};

/**
 * The accents of a theme from the application's colour. Buttons have it as it is, with black or white on it, unless they
 * could not be seen. Where it colours text it is brought nearer to black or white as far as that must be to be read, so
 * that any colour may be given.
 *
 * @param hex `#rrggbb`
 * @param card the ground on which it stands
 */
export const accentsOn = (hex: string, card: string): Accents => {
  const [colour, ground] = [parse(hex), parse(card)];
  const isDark = luminance(ground) < 0.2;
  const away = isDark ? white : black;
  const readableAt = (share: number) => {
    const accent = mix(colour, away, share);
    const tint = mix(ground, accent, isDark ? 0.14 : 0.09);
    const lowest = Math.min(...[ground, tint, isDark ? black : white].map((other) => contrastOf(accent, other)));
    return lowest >= readable ? { accent, tint } : null;
  };
  let share = 0;
  while (share < 1 && readableAt(share) === null) share += 0.02;
  const { accent, tint } = readableAt(share) ?? { accent: away, tint: ground };
  const fill = contrastOf(colour, ground) >= visible ? colour : accent;
  const onFill = contrastOf(fill, white) >= readable ? white : black;
  return {
    accent: toHex(accent),
    onAccent: toHex(isDark ? black : white),
    fill: toHex(fill),
    onFill: toHex(onFill),
    // Away from what stands on it.
    fillOver: toHex(mix(fill, onFill === white ? black : white, 0.14)),
    tint: toHex(tint),
  };
};

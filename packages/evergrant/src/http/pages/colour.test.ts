import { expect, test } from 'vitest';
import { accentsOn, contrast } from './colour.ts';

test('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

const channel = ['00', '33', '77', 'aa', 'ff'];
const colours = channel.flatMap((red) => channel.flatMap((green) => channel.map((blue) => `#${red}${green}${blue}`)));

test.each(['#ffffff', '#141816'])('text in any colour, on it and on its tint can be read, on %s', (card) => {
  for (const colour of colours) {
    const { accent, onAccent, fill, onFill, fillOver, tint } = accentsOn(colour, card);
    const pairs = [
      contrast(accent, card),
      contrast(onAccent, accent),
      contrast(onFill, fill),
      contrast(onFill, fillOver),
      contrast(accent, tint),
    ];
    expect({ colour, lowest: Math.min(...pairs) >= 4.5 }).toEqual({ colour, lowest: true });
  }
});

test('a colour that can be read is taken as it is, and for buttons also one that cannot', () => {
  expect(accentsOn('#0b6b4c', '#ffffff')).toMatchObject({ accent: '#0b6b4c', fill: '#0b6b4c', onFill: '#ffffff' });
  expect(accentsOn('#facc15', '#ffffff')).toMatchObject({ fill: '#facc15', onFill: '#000000' });
  expect(accentsOn('#ffffff', '#ffffff').fill).not.toBe('#ffffff');
});

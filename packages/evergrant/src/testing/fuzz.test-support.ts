import fc from 'fast-check';

/* What generated tests share. `FUZZ_SEED` repeats a run; in CI every run is the same, so that a change is judged by what it changed. */

/** The seed of a run, told before anything fails. */
export const seedOf = (what: string): number => {
  const seed = Number(process.env['FUZZ_SEED'] ?? (process.env['CI'] ? 1 : Math.floor(Math.random() * 2 ** 31)));
  console.log(`${what}: FUZZ_SEED=${seed}`);
  return seed;
};

/** Text that programs stumble over. */
export const nastyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 3, arbitrary: fc.string({ maxLength: 30 }) },
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '\0',
    '\u2028',
    '%',
    "';--",
    '../..',
    '{{x}}',
    '\ud800',
    '0',
    ' ',
  ),
  fc.constantFrom(
    'null',
    'NaN',
    '1e999',
    '-1',
    'x'.repeat(5000),
    '\r\nset-cookie: a=b',
    '<script>',
    '%00',
    '%ff',
    '=&=&',
  ),
);

/** Any value of JSON, with members of the given names now and then. */
export const jsonWith = (names: readonly string[]): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      nastyText,
      fc.oneof(
        fc.integer(),
        fc.double({ noNaN: true }),
        fc.boolean(),
        fc.constant(null),
        fc.constantFrom(0, -1, 1e308),
      ),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...names), nastyText), tie('value'), { maxKeys: 5 }),
    ),
  })).value;

/** A text with a few of its characters changed, lost, doubled, or its end cut off. */
export const mangled = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(text, fc.array(fc.tuple(fc.nat(), fc.nat(3), nastyText), { maxLength: 3 })).map(([whole, changes]) =>
    changes.reduce((now, [position, how, other]) => {
      const at = now.length === 0 ? 0 : position % now.length;
      const replaced = [
        now.slice(0, at),
        now.slice(0, at) + other + now.slice(at + 1),
        now.slice(0, at) + now.slice(at + 1),
      ];
      return replaced[how] ?? now.slice(0, at) + now.slice(at, at + 5) + now.slice(at);
    }, whole),
  );

/** The seed of this run, told before anything fails; `FUZZ_SEED` repeats one. */
export const seedOf = (what: string): number => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${what}: FUZZ_SEED=${seed}`);
  return seed;
};

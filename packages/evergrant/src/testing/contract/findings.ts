/** What was found wrong: one sentence for each violation. */
export class Findings {
  readonly sentences: string[] = [];

  say(sentence: string): void {
    this.sentences.push(sentence);
  }

  /** Compared as JSON. */
  expect(what: string, actual: unknown, expected: unknown): void {
    const [is, must] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (is !== must) this.say(`${what}: expected ${must}, got ${is}`);
  }
}

export const sorted = (scopes: string[] | null): string[] | null => scopes && [...scopes].sort();

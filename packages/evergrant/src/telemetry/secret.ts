import { inspect } from 'node:util';

/**
 * A value that must never be logged. It refuses to be stringified, serialised or inspected; only
 * {@link Secret.reveal} gives it out, so that every place where a secret becomes text can be found by name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Call it only where the value leaves for its purpose. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** What a span tells: no secrets, and of an address no more than host and port. */
export type Attributes = Record<string, string | number | boolean | undefined>;

/** One piece of work in a trace. */
export interface Span {
  set(attributes: Attributes): void;
  rename(name: string): void;
  /** @param type what failed, e.g. a code: never a message, which may quote what a platform sent */
  fail(type: string): void;
}

export interface SpanStart {
  name: string;
  kind: 'server' | 'client' | 'internal';
  attributes?: Attributes;
  /** Headers of a request that may say to which trace it belongs, by lower-case name. */
  header?: (name: string) => string | undefined;
}

/** Traces, for whoever collects them. */
export interface Tracing {
  /** Does work within a span, which ends with it, and has failed when it throws. */
  span<T>(start: SpanStart, work: (span: Span) => Promise<T>): Promise<T>;
}

const nothing = (): void => {};
const unseen: Span = { set: nothing, rename: nothing, fail: nothing };

/** Nobody collects. */
export const untraced: Tracing = { span: (_, work) => work(unseen) };

/** What each method takes last. */
export interface CallOptions {
  /** Gives up waiting; what was sent may still take effect. */
  signal?: AbortSignal;
}

/** How a method of the client is asked for over HTTP. */
export interface Operation {
  method: string;
  /** With `{…}` where the first arguments of the method go. */
  path: string;
  /** Names of what goes into the query; the rest is the body. */
  query: readonly string[];
  takesInput: boolean;
  takesBody: boolean;
  /** Whether a success is JSON; otherwise it is the caller's to read. */
  json: boolean;
  /** Members whose own members keep their names, as paths through objects and lists. */
  records: readonly string[];
}

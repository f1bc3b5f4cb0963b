/** Why `connect` gave up. How a flow ended, also badly, is no error but its result. */
export class ConnectError extends Error {
  override name = 'ConnectError';
  /**
   * - `popup_blocked`: with `mode: 'popup'`, the browser opened none; call `connect` within the handler of a click
   * - `popup_closed`: before the link was known
   * - `start_failed`: the application's server did not answer with a flow
   * - `status_unreadable`: the service does not give the status to this page; is its origin in `RETURN_URLS`?
   */
  readonly code: 'popup_blocked' | 'popup_closed' | 'start_failed' | 'status_unreadable';

  constructor(code: ConnectError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

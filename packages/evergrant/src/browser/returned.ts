/** What the address of the page says to which a flow returned. Anybody can write an address: believe your own server. */
export interface FlowReturn {
  id: string;
  status: 'connected' | 'failed';
}

/**
 * Reads what a flow in the whole page brought back to its `return_to`, and takes it out of the address, so that it is read
 * once. Null when this page was not reached by a flow.
 */
export const returned = (): FlowReturn | null => {
  const url = new URL(location.href);
  const id = url.searchParams.get('flow');
  const status = url.searchParams.get('status');
  if (!id?.startsWith('flow_') || (status !== 'connected' && status !== 'failed')) return null;
  url.searchParams.delete('flow');
  url.searchParams.delete('status');
  history.replaceState(history.state, '', url);
  return { id, status };
};

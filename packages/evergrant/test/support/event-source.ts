import { onTestFinished } from 'vitest';

/** One server-sent event, as it stood on the wire. */
export interface Message {
  id: string;
  event: string;
  data: { id: string; type: string; connection_id: string | null; owner: string | null; data: Record<string, unknown> };
}

/**
 * Opens a stream of server-sent events over real HTTP. It ends with the test.
 *
 * @param reading whether it is read at once; otherwise from {@link EventStream.read} on
 */
export const openStream = async (
  url: string,
  headers: Record<string, string>,
  { reading = true }: { reading?: boolean } = {},
) => {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(url, { headers, signal: abort.signal });
  const messages: Message[] = [];
  let comments = 0;
  let text = '';
  let hasEnded = false;

  const take = (block: string): void => {
    const lines = block.split('\n');
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    if (lines.some((line) => line.startsWith(':'))) comments += 1;
    const data = field('data');
    if (data !== undefined) messages.push({ id: field('id')!, event: field('event')!, data: JSON.parse(data) });
  };
  const read = async (): Promise<void> => {
    try {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop()!;
        blocks.forEach(take);
      }
    } catch {
      // Cut off, by the test or by the server.
    }
    hasEnded = true;
  };
  if (reading) void read();
  return {
    status: response.status,
    headers: response.headers,
    messages: messages as readonly Message[],
    ids: () => messages.map(({ id }) => id),
    types: () => messages.map(({ event }) => event),
    comments: () => comments,
    hasEnded: () => hasEnded,
    read: () => void read(),
    close: () => abort.abort(),
  };
};

export type EventStream = Awaited<ReturnType<typeof openStream>>;

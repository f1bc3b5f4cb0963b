import { expect, test, vi } from 'vitest';

vi.mock('./client.ts', () => ({}));
const { serverSentEvents } = await import('./live.ts');

const streamOf = (...parts: string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });

const read = async (...parts: string[]) => {
  const messages = [];
  for await (const message of serverSentEvents(streamOf(...parts))) messages.push(message);
  return messages;
};

test('messages are put together from whatever parts arrive', async () => {
  expect(await read('id: evt_1\nda', 'ta: {"a":', '1}\n', '\nid: evt_2\r\ndata: x\r\n\r\n')).toEqual([
    { id: 'evt_1', data: '{"a":1}' },
    { id: 'evt_2', data: 'x' },
  ]);
});

test('comments keep the line open and say nothing; several lines of data are one text', async () => {
  expect(await read(': still here\n\n', 'data: a\ndata: b\n\n')).toEqual([
    { id: null, data: '' },
    { id: null, data: 'a\nb' },
  ]);
});

test('a message without its end is not taken', async () => {
  expect(await read('data: whole\n\ndata: cut off')).toEqual([{ id: null, data: 'whole' }]);
});

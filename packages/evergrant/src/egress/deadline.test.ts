import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../telemetry/clock.ts';
import { createEgress } from './index.ts';

/** Answers from its own thread and says in shared memory when the kernel has taken the whole answer. */
const server = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const body = 'a'.repeat(workerData.bytes);
  const listener = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\\r\\ncontent-length: ' + workerData.announced + '\\r\\n\\r\\n' + body, () => {
        Atomics.store(workerData.written, 0, 1);
        Atomics.notify(workerData.written, 0);
      });
    });
  });
  listener.listen(0, '127.0.0.1', () => parentPort.postMessage(listener.address().port));
`;

let worker: Worker | undefined;
afterEach(async () => {
  await worker?.terminate();
});

/** Sends a request, blocks the event loop until the answer lies in the socket, and lets the deadline pass meanwhile. */
const answerWhileBlocked = async (bytes: number, announced = bytes) => {
  const written = new Int32Array(new SharedArrayBuffer(4));
  worker = new Worker(server, { eval: true, workerData: { written, bytes, announced } });
  const [port] = (await once(worker, 'message')) as [number];
  let deadline = (): void => expect.unreachable('no deadline was set');
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after: (_, callback) => {
      deadline = callback;
      return () => {};
    },
  };
  const egress = createEgress({ clock });
  const url = `http://127.0.0.1:${port}`;
  const block = () => {
    expect(Atomics.wait(written, 0, 0, 5000)).not.toBe('timed-out');
    deadline();
  };
  try {
    return await egress.send({
      method: 'POST',
      url,
      body: 'refresh',
      trustedOrigins: new Set([url]),
      // After this turn the request has been written.
      beforeSend: () => setImmediate(block),
    });
  } finally {
    await egress.close();
  }
};

describe('a deadline that passes while the event loop is busy', () => {
  it.each([2, 60_000, 300_000])('delivers an answer of %d bytes that had already come', async (bytes) => {
    await expect(answerWhileBlocked(bytes)).resolves.toMatchObject({ status: 200, body: 'a'.repeat(bytes) });
  });

  it('gives up an answer of which only a part had come', async () => {
    await expect(answerWhileBlocked(2, 3)).rejects.toMatchObject({ fault: 'unknown', timedOut: true });
  });
});

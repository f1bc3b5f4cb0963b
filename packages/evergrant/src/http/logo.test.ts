import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { EgressStream, StreamingEgress } from '../egress/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createLogo } from './logo.ts';

const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';

/** A logo at `place`, where the network answers as given. */
const logoAt = (place: string, answer: Partial<EgressStream> & { text?: string } = {}) => {
  const stream = vi.fn(async () => ({
    status: 200,
    headers: [['content-type', 'image/svg+xml; charset=utf-8']],
    body: new Response(answer.text ?? svg).body,
    ...answer,
  }));
  const warn = vi.fn();
  let now = 0;
  const logo = createLogo(place, {
    egress: { stream } as unknown as StreamingEgress,
    logger: { warn } as unknown as Logger,
    now: () => now,
  });
  const later = () => {
    now += 61_000;
  };
  return { logo, stream, warn, later };
};

const textOf = (body: Uint8Array | undefined) => Buffer.from(body ?? []).toString();

test.each([
  ['a data: URI in base64', `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`],
  ['a data: URI in text', `data:image/svg+xml,${encodeURIComponent(svg)}`],
  ['an address', 'https://www.example.com/logo.svg'],
])('comes from %s', async (_kind, place) => {
  const { logo } = logoAt(place);
  await expect.poll(() => logo()?.type).toBe('image/svg+xml');
  expect(textOf(logo()?.body)).toBe(svg);
});

test('comes from a file', async () => {
  const place = join(tmpdir(), `evergrant-logo-${process.pid}.png`);
  writeFileSync(place, 'png');
  const { logo } = logoAt(place);
  await expect.poll(() => logo()?.type).toBe('image/png');
});

test.each([
  ['an error', { status: 404 }],
  ['a web page', { headers: [['content-type', 'text/html']] as [string, string][] }],
  ['more than 512 KiB', { text: 'x'.repeat(600 * 1024) }],
])('is refused when the address answers with %s, and tried again a minute later', async (_kind, answer) => {
  const { logo, stream, warn, later } = logoAt('https://www.example.com/logo.svg', answer);
  await expect.poll(() => warn.mock.calls.length).toBe(1);
  expect(logo()).toBeNull();
  expect(stream).toHaveBeenCalledTimes(1);
  later();
  expect(logo()).toBeNull();
  await expect.poll(() => warn.mock.calls.length).toBe(2);
});

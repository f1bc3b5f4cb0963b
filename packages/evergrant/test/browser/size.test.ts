import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundle } from './application.ts';

const sizeOf = async (entry: 'index' | 'react'): Promise<number> => gzipSync(await bundle(entry), { level: 9 }).length;

test('evergrant/browser stays below 3,000 bytes of gzip, the React hook below 1,000', async () => {
  expect(await sizeOf('index')).toBeLessThan(3000);
  expect(await sizeOf('react')).toBeLessThan(1000);
});

test('what applications load says nothing of ours but the helper', async () => {
  expect(await bundle('index')).not.toMatch(/\bimport\b|node:|process\./);
  expect((await bundle('react')).match(/from ?"[^"]+"/g)).toEqual(
    expect.arrayContaining([expect.stringContaining('react')]),
  );
});

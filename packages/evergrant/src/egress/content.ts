import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

type Decoder = (body: Buffer, limit: { maxOutputLength: number }) => Buffer;

const decoders: Record<string, Decoder> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/**
 * How to undo a content coding (RFC 9110 section 8.4), null where there is nothing that we can undo. We ask for no
 * coding, but some platforms compress all the same, and a renewed token must not be lost over that. The decoder throws
 * when the body is broken or its result larger than `maxOutputLength` bytes.
 */
export const contentDecoder = (coding: string | undefined): Decoder | null => {
  const name = coding?.trim().toLowerCase() ?? '';
  return Object.hasOwn(decoders, name) ? (decoders[name] ?? null) : null;
};

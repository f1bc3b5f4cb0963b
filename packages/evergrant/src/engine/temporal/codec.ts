import type { Payload, PayloadCodec } from '@temporalio/common';
import type { Vault } from '../../vault/index.ts';

const encoding = 'binary/evergrant-sealed';

const place = { table: 'temporal', column: 'payload', row: '' };

/** Seals payloads with the keys that seal tokens, for those whose Temporal server may not even see ids. */
export const createVaultCodec = (vault: Vault): PayloadCodec => ({
  encode: async (payloads) =>
    payloads.map((payload) => ({
      metadata: { encoding: Buffer.from(encoding) },
      data: vault.seal(JSON.stringify(toText(payload)), place),
    })),
  // What was written before sealing was switched on is read as it is.
  decode: async (payloads) =>
    payloads.map((payload) => {
      const how = payload.metadata?.['encoding'];
      if (!how || !payload.data || Buffer.from(how).toString() !== encoding) return payload;
      return fromText(JSON.parse(vault.open(payload.data, place)) as Text);
    }),
});

/** Bytes in base64. */
interface Text {
  metadata: Record<string, string>;
  data: string;
}

const toText = ({ metadata, data }: Payload): Text => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});

const fromText = ({ metadata, data }: Text): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text, 'base64')])),
  data: Buffer.from(data, 'base64'),
});

import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { host } from '../support/evergrant.ts';

interface Asked {
  operation: string;
  KeyId?: string;
  CiphertextBlob?: string;
  EncryptionContext?: Record<string, string>;
}

interface Fault {
  status: number;
  __type: string;
  message: string;
}

/**
 * AWS KMS as far as it is used here (AWS JSON 1.1), which can be told to refuse. A ciphertext opens with the encryption
 * context of its making alone, as the real one holds it.
 */
export const startKms = async () => {
  const keys = new Map<string, { plaintext: string; context: string }>();
  const asked: Asked[] = [];
  let fault: Fault | null = null;

  const answer = (request: Asked): { status: number; body: object } => {
    if (fault) return { status: fault.status, body: { __type: fault.__type, message: fault.message } };
    const context = JSON.stringify(request.EncryptionContext);
    if (request.operation === 'GenerateDataKeyWithoutPlaintext') {
      const ciphertext = Buffer.from(`wrapped ${randomUUID()}`).toString('base64');
      keys.set(ciphertext, { plaintext: randomBytes(32).toString('base64'), context });
      return { status: 200, body: { CiphertextBlob: ciphertext, KeyId: request.KeyId } };
    }
    const key = keys.get(request.CiphertextBlob ?? '');
    if (key?.context !== context) return { status: 400, body: { __type: 'InvalidCiphertextException' } };
    return { status: 200, body: { Plaintext: key.plaintext, KeyId: 'arn:aws:kms:eu-central-1:1:key/m' } };
  };

  const receive = async (request: IncomingMessage): Promise<Asked> => ({
    operation: String(request.headers['x-amz-target']).replace('TrentService.', ''),
    ...(JSON.parse(await text(request)) as object),
  });
  const server = createServer((request, response) => {
    void receive(request).then((received) => {
      asked.push(received);
      const { status, body } = answer(received);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return {
    /** For the SDK, which reads nothing else then. */
    environment: {
      AWS_ENDPOINT_URL_KMS: `http://${host}:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI-EXAMPLEKEY',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    asked: (operation: string) => asked.filter((one) => one.operation === operation),
    /** From now on it refuses so. */
    refuse(status: number, __type: string, message: string) {
      fault = { status, __type, message };
    },
    plaintexts: () => [...keys.values()].map(({ plaintext }) => plaintext),
    close,
  };
};

import { sanitise } from '../errors/index.ts';
import type { KeyProvider } from '../settings/key-provider.ts';

/** The versions with which this one was tested. */
const sdk = '@aws-sdk/client-kms';
const versions = '^3.1164.0';

/** In milliseconds. The SDK tries three times in all. */
const patience = { connectionTimeout: 3000, requestTimeout: 5000, throwOnRequestTimeout: true };

/**
 * AWS Key Management Service. Region, credentials and endpoint come from the SDK's own places: `AWS_REGION`, the roles of
 * the machine, `AWS_ENDPOINT_URL_KMS`. A wrapped key is the base64 of a ciphertext of `GenerateDataKeyWithoutPlaintext`,
 * bound to its id by the encryption context.
 */
export const awsKms: KeyProvider = {
  unwrap: (wrapped, id) =>
    withClient(async ({ client, DecryptCommand }) => {
      const CiphertextBlob = Buffer.from(wrapped, 'base64');
      const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: contextOf(id) }));
      return Plaintext!;
    }),
  create: (id, master) =>
    withClient(async ({ client, GenerateDataKeyWithoutPlaintextCommand }) => {
      const wanted = { KeyId: master, KeySpec: 'AES_256', EncryptionContext: contextOf(id) } as const;
      const { CiphertextBlob } = await client.send(new GenerateDataKeyWithoutPlaintextCommand(wanted));
      return Buffer.from(CiphertextBlob!).toString('base64');
    }),
};

/** Stands in AWS's audit beside every use, and must be the same for a key to open. */
const contextOf = (id: string) => ({ application: 'evergrant', key: id });

/** @throws Error whose message says the fault and the cure */
const withClient = async <T>(work: (kms: Awaited<ReturnType<typeof connect>>) => Promise<T>): Promise<T> => {
  const kms = await connect();
  try {
    return await work(kms);
  } catch (error) {
    throw new Error(wordsFor(error));
  } finally {
    kms.client.destroy();
  }
};

const connect = async () => {
  const { KMSClient, ...commands } = await import('@aws-sdk/client-kms').catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    throw new Error(`it needs the AWS SDK, which is not installed. Install it with: npm install ${sdk}@${versions}`);
  });
  return { ...commands, client: new KMSClient({ maxAttempts: 3, requestHandler: patience }) };
};

const isMissing = (error: unknown): boolean => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes(sdk);
};

/** What to do about the faults that operators meet (names of the API's errors and of the SDK's). */
const cures: [names: RegExp, cure: string][] = [
  [
    /^(AccessDenied|AccessDeniedException|KMSAccessDenied.*)$/,
    'Allow the role of this process kms:Decrypt on the master key (kms:GenerateDataKeyWithoutPlaintext to make a key)',
  ],
  [
    /Credentials|^(UnrecognizedClientException|InvalidSignatureException|ExpiredTokenException|IncompleteSignature.*)$/,
    'Give this process valid credentials of AWS: a role of its machine or container, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  ],
  [
    /^(InvalidCiphertextException|IncorrectKeyException)$/,
    'It was made for another id, or changed: copy it as `evergrant vault new-key` printed it, with its id',
  ],
  [/^NotFoundException$/, 'Check AWS_REGION and the name of the master key'],
  [
    /^(DisabledException|KMSInvalidStateException|KeyUnavailableException)$/,
    'Enable the master key again, or cancel its deletion',
  ],
];

const wordsFor = (error: unknown): string => {
  const { name, message } = error as Error;
  const said = sanitise(name === 'Error' ? message : `${name}: ${message}`, 300).replace(/[.:\s]+$/, '');
  if (/Region is missing/.test(message)) return 'no region is known. Set AWS_REGION, e.g. AWS_REGION=eu-central-1';
  const cure =
    cures.find(([names]) => names.test(name))?.[1] ??
    'Check that KMS is reached from here (AWS_REGION, AWS_ENDPOINT_URL_KMS, the network), then start again';
  return `${said}. ${cure}`;
};

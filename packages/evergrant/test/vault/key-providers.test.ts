import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { type Installation, newEncryptionKey, useInstallation } from '../support/evergrant.ts';
import { approachCallback, startStub } from '../support/stub.ts';
import { startKms } from './kms.ts';

const makeKey = async (installation: Installation, id: string, environment: Record<string, string>) => {
  const args = ['vault', 'new-key', id, '--wrap', 'aws-kms:alias/evergrant'];
  const { status, stdout, stderr } = await installation.run(args, environment);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
};

/** A start that must fail, with one message. */
const expectRefusal = async (installation: Installation, environment: Record<string, string>): Promise<string> => {
  const { status, stderr } = await installation.run(['start'], environment);
  expect(status, stderr).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/wrapped |EXAMPLEKEY/);
  return stderr.trim();
};

test('a key that AWS KMS wraps is opened once at a start, seals everything, and is replaced as any other', async () => {
  const kms = await startKms();
  const stub = await startStub();
  onTestFinished(() => stub.close());
  const installation = await useInstallation({
    config: () => ({ providers: { sandbox: stub.provider() } }),
    environment: kms.environment,
  });
  const first = await makeKey(installation, 'k1', {});
  expect(first).toMatch(/^k1:aws-kms:[A-Za-z0-9+/=]+$/);
  let service = await installation.start({ ENCRYPTION_KEYS: first });
  const { flowId, browser, callback } = await approachCallback({ stub, installation } as never, { name: 'ada' });
  await browser.open(callback);
  const [connection] = expectBody(await installation.api.flow(flowId)).connections;
  for (let turn = 0; turn < 3; turn++) {
    expectBody(await installation.api.refresh(connection!.id));
    expectBody(await installation.api.token(connection!.id));
  }
  expect(kms.asked('Decrypt')).toMatchObject([{ EncryptionContext: { application: 'evergrant', key: 'k1' } }]);
  expect(kms.asked('GenerateDataKeyWithoutPlaintext')).toMatchObject([
    { KeyId: 'alias/evergrant', KeySpec: 'AES_256' },
  ]);
  expect(await service.stop()).toBe(0);

  const both = { ENCRYPTION_KEYS: `${await makeKey(installation, 'k2', {})},${first}` };
  service = await installation.start(both);
  const rotated = await installation.run(['vault', 'rotate'], both);
  expect(rotated).toMatchObject({ status: 0, stdout: expect.stringContaining('No other key is needed') });
  expect(await service.stop()).toBe(0);
  const plain = newEncryptionKey('k3');
  service = await installation.start({ ENCRYPTION_KEYS: `${plain},${both.ENCRYPTION_KEYS.split(',')[0]}` });
  expectBody(await installation.api.token(connection!.id));
  for (const secret of kms.plaintexts()) expect(installation.output()).not.toContain(secret);
});

test('what is wrong with AWS KMS is said in one message, with the cure', async () => {
  const kms = await startKms();
  const installation = await useInstallation({ environment: { ...kms.environment, SANDBOX: 'off' } });
  const entry = await makeKey(installation, 'k1', {});
  const about = 'Encryption key "k1" cannot be opened by aws-kms: ';

  const otherName = { ENCRYPTION_KEYS: entry.replace('k1:', 'k9:') };
  expect(await expectRefusal(installation, otherName)).toContain('"k9" cannot be opened by aws-kms: InvalidCiphertext');
  expect(await expectRefusal(installation, otherName)).toContain('copy it as `evergrant vault new-key` printed it');

  kms.refuse(400, 'AccessDeniedException', 'User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt');
  const denied = await expectRefusal(installation, { ENCRYPTION_KEYS: entry });
  expect(denied).toContain(`${about}AccessDeniedException: User: arn:aws:iam::1:user/x is not authorized`);
  expect(denied).toContain('Allow the role of this process kms:Decrypt');
  const doctor = await installation.run(['doctor'], { ENCRYPTION_KEYS: entry });
  expect(doctor).toMatchObject({ status: 1, stdout: expect.stringContaining(`FAIL  encryption key: `) });

  const { AWS_REGION: _, ...nowhere } = kms.environment;
  const lost = await useInstallation({ environment: { ...nowhere, AWS_CONFIG_FILE: '/nowhere', SANDBOX: 'off' } });
  expect(await expectRefusal(lost, { ENCRYPTION_KEYS: entry })).toContain('Set AWS_REGION');

  kms.close();
  const away = await expectRefusal(installation, { ENCRYPTION_KEYS: entry });
  expect(away).toContain(`${about}connect ECONNREFUSED`);
  expect(away).toContain('Check that KMS is reached from here');
});

test('without the SDK it says what to install, and nobody else needs it', async () => {
  const installation = await useInstallation({ environment: { SANDBOX: 'off' } });
  const hooks = join(installation.folder, 'without-sdk.mjs');
  writeFileSync(
    hooks,
    `import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (!specifier.startsWith('@aws-sdk/')) return next(specifier, context);
        throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' });
      },
    });`,
  );
  const environment = { NODE_OPTIONS: `--import ${pathToFileURL(hooks).href}` };
  const message = await expectRefusal(installation, { ...environment, ENCRYPTION_KEYS: 'k1:aws-kms:d3JhcHBlZA==' });
  expect(message).toContain(
    'it needs the AWS SDK, which is not installed. Install it with: npm install @aws-sdk/client-kms@^3.1164.0',
  );
  const service = await installation.start({ ...environment, ENCRYPTION_KEYS: newEncryptionKey() });
  expect(await service.stop()).toBe(0);
});

test('a configuration brings a key provider of its own', async () => {
  const installation = await useInstallation({ environment: { SANDBOX: 'off' } });
  // A toy: its master key turns every byte over.
  writeFileSync(
    join(installation.folder, 'evergrant.config.mjs'),
    `const turned = (bytes) => bytes.map((byte) => byte ^ 0xff);
    export default {
      keyProviders: {
        toy: {
          unwrap: async (wrapped, id) => {
            if (id === 'gone') throw new Error('the toy is broken. Mend it');
            return turned(Buffer.from(wrapped, 'base64'));
          },
          create: async (id, master) => turned(Buffer.from(master.padEnd(32, id))).toString('base64'),
        },
      },
    };`,
  );
  const { stdout } = await installation.run(['vault', 'new-key', 'k1', '--wrap', 'toy:master:0123456789abcdef!']);
  expect(stdout).toMatch(/^k1:toy:/);
  const service = await installation.start({ ENCRYPTION_KEYS: stdout.trim() });
  expect(await service.stop()).toBe(0);
  const gone = await expectRefusal(installation, { ENCRYPTION_KEYS: 'gone:toy:AAAA' });
  expect(gone).toContain('Encryption key "gone" cannot be opened by toy: the toy is broken. Mend it');
  expect(await expectRefusal(installation, { ENCRYPTION_KEYS: 'k1:toy:AAAA' })).toContain('3 bytes instead of 32');
  const unknown = await installation.run(['start'], { ENCRYPTION_KEYS: 'k1:tou:AAAA' });
  expect(unknown.stderr).toContain('Key 1 is not base64, and names no key provider (aws-kms, toy)');
});

test('a new key is printed as the settings take it, and wrong usage says how', async () => {
  const installation = await useInstallation();
  const made = await installation.run(['vault', 'new-key', 'k2', '--json']);
  const { entry } = JSON.parse(made.stdout) as { entry: string };
  const service = await installation.start({ ENCRYPTION_KEYS: entry });
  expect(await service.stop()).toBe(0);
  for (const args of [[], ['a b'], ['k2', '--wrap', 'aws-kms']]) {
    expect((await installation.run(['vault', 'new-key', ...args])).status).toBe(2);
  }
});

test('a secret is what a command prints; one that fails stops the start and is not repeated', async () => {
  const installation = await useInstallation({ environment: { SANDBOX: 'off' } });
  const file = join(installation.folder, 'keys');
  writeFileSync(file, `${newEncryptionKey()}\n`);
  const service = await installation.start({ ENCRYPTION_KEYS_COMMAND: 'cat keys' });
  expect(await service.stop()).toBe(0);
  expect(installation.output()).not.toContain(readFileSync(file, 'utf8').split(':')[1]!.trim());
  const { status, stderr } = await installation.run(['start'], {
    ENCRYPTION_KEYS_COMMAND: 'echo c4n4ry; echo denied >&2; exit 3',
    DATABASE_URL: 'sqlite:x.db',
    DATABASE_URL_COMMAND: 'true',
    EVERGRANT_API_KEY_COMMAND: 'true',
  });
  expect(status).toBe(1);
  expect(stderr).not.toContain('c4n4ry');
  expect(stderr).toContain('denied');
  expect(stderr).toContain(
    "ENCRYPTION_KEYS_COMMAND: failed (exit status 3). Example: ENCRYPTION_KEYS_COMMAND='vault kv get",
  );
  expect(stderr).toContain('DATABASE_URL: is given together with DATABASE_URL_COMMAND');
});

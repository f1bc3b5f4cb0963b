import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { type Installation, useInstallation } from '../support/evergrant.ts';

/** As where nobody has installed the SDK. */
const hooks = `
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith('@temporalio/')) return next(specifier, context);
      const message = "Cannot find package '" + specifier + "' imported from " + context.parentURL;
      throw Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' });
    },
  });`;

const withoutSdk = ({ folder }: Installation): Record<string, string> => {
  const file = join(folder, 'without-sdk.mjs');
  writeFileSync(file, hooks);
  return { NODE_OPTIONS: `--import ${pathToFileURL(file).href}` };
};

test('without the SDK, ENGINE=temporal says what to install', async () => {
  const installation = await useInstallation();
  const environment = { ...withoutSdk(installation), ENGINE: 'temporal' };
  for (const command of ['start', 'worker']) {
    const { status, stderr } = await installation.run([command], environment);
    expect(status, stderr).toBe(1);
    expect(stderr).toContain('ENGINE: "temporal" needs the Temporal SDK, which is not installed');
    expect(stderr).toContain('npm install @temporalio/client@^1.24.0 @temporalio/worker@^1.24.0 ');
    expect(stderr).not.toMatch(/^\s+at .*:\d+/m);
  }
});

test('nobody else loads the SDK', async () => {
  const installation = await useInstallation();
  const service = await installation.start(withoutSdk(installation));
  expect(await service.stop()).toBe(0);
});

test('a worker needs the engine, and a group that is there', async () => {
  const installation = await useInstallation();
  const run = async (args: string[], environment: Record<string, string> = {}) => {
    const { status, stderr } = await installation.run(['worker', ...args], environment);
    return { status, message: stderr.split('\n')[0] };
  };
  expect(await run([])).toEqual({
    status: 2,
    message: 'evergrant worker needs ENGINE=temporal, and it is embedded',
  });
  expect(await run(['--groups', 'us'], { ENGINE: 'temporal', TEMPORAL_GROUPS: 'eu=x' })).toEqual({
    status: 2,
    message: 'There is no group "us"; TEMPORAL_GROUPS knows default, eu',
  });
  expect(await run(['--port', '70000'], { ENGINE: 'temporal' })).toMatchObject({ status: 2 });
});

test('a profile that is not there, and a file that cannot be read, are faults of the settings', async () => {
  const installation = await useInstallation();
  const file = join(installation.folder, 'temporal.toml');
  writeFileSync(file, '[profile.default]\naddress = "a:1"\napi_key = "c4n4ry-c4n4ry\n');
  for (const [name, value] of [
    ['TEMPORAL_PROFILE', 'missing'],
    ['TEMPORAL_CONFIG_FILE', file],
  ] as const) {
    const { status, stderr } = await installation.run(['worker'], { ENGINE: 'temporal', [name]: value });
    expect(status, stderr).toBe(1);
    expect(stderr).toContain('temporal: ');
    expect(stderr).not.toContain('c4n4ry');
    expect(stderr).not.toMatch(/^\s+at .*:\d+/m);
  }
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { EvergrantConfig } from '../../src/settings/config.ts';
import { type Api, createApi, expectBody } from '../support/api.ts';
import { freePort, program } from '../support/evergrant.ts';
import { makeFolder } from '../support/folder.ts';
import { startProcess } from '../support/process.ts';

/** `evergrant start` in an empty folder, as a newcomer has it. */
export interface Service {
  readonly url: string;
  readonly api: Api;
  /** The key that its first start showed. */
  readonly apiKey: string;
  /** Begins a flow; its link asks before it leaves for the platform unless `skip_confirmation` is set. */
  connect(body?: ConnectRequest): Promise<{ id: string; url: string; status_token: string }>;
}

type ConnectRequest = Partial<Parameters<Api['connect']>[0]>;

/**
 * A service over a suite. Without a configuration it gets nothing but its address, and plays the platforms itself.
 *
 * @param configure content of the configuration file, made when the suite begins
 */
export const useService = (configure?: () => EvergrantConfig): Service => {
  let running: Awaited<ReturnType<typeof startService>>;
  beforeAll(async () => {
    running = await startService(configure?.());
  });
  afterAll(() => running?.stop());
  return {
    get url() {
      return running.url;
    },
    get api() {
      return running.api;
    },
    get apiKey() {
      return running.apiKey;
    },
    async connect(body) {
      return expectBody(await running.api.connect({ owner: 'user_42', ...body }));
    },
  };
};

const startService = async (config?: EvergrantConfig) => {
  const { path: cwd, remove } = makeFolder();
  const port = await freePort();
  const url = `http://localhost:${port}`;
  if (config) writeFileSync(join(cwd, 'evergrant.config.json'), JSON.stringify(config));
  const running = startProcess(process.execPath, [program, 'start'], {
    cwd,
    env: { PORT: String(port), PUBLIC_URL: url },
  });
  const stop = async () => {
    running.signal('SIGKILL');
    await running.ended;
    remove();
  };
  try {
    await running.says('Evergrant is ready');
    const apiKey = /API key +(\S+)/.exec(running.stdout())?.[1];
    if (!apiKey) throw new Error(`No API key was shown:\n${running.output()}`);
    return { url, apiKey, api: createApi(url, apiKey), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isLoopback } from './origins.ts';
import { canSimulate } from './platform.ts';
import { createSandbox } from './sandbox.ts';
import { sandboxPlatform } from './sandbox-provider.ts';
import { codeOf, createTestClock, setUpSandbox } from './test-client.ts';

const stateFileForTest = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-sandbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'sandbox.json');
};

describe('the state file', () => {
  it('keeps grants over a restart, in a file for its owner only', async () => {
    const stateFile = stateFileForTest();
    const before = await setUpSandbox(undefined, { stateFile });
    const first = await before.client.connect();
    const tokens = await before.client.read(await before.client.renew(first), first);
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
    const after = await setUpSandbox(undefined, { stateFile });
    expect((await after.client.get(tokens.accessToken, sandboxPlatform.definition.profile.get)).status).toBe(200);
    expect(after.control.chain(first.refreshToken!)).toBe(false);
    expect((await after.client.renew(tokens)).status).toBe(200);
  });

  it('refuses to start from a file that it cannot read', () => {
    const stateFile = stateFileForTest();
    writeFileSync(stateFile, '{');
    const options = { baseUrl: 'http://localhost/sandbox', platforms: [], clock: createTestClock(), stateFile };
    expect(() => createSandbox(options)).toThrow(expect.objectContaining({ code: 'storage_unavailable' }));
  });

  it('knows no token of another sandbox', async () => {
    const tokens = await (await setUpSandbox()).client.connect();
    expect((await (await setUpSandbox()).client.renew(tokens)).status).toBe(400);
  });
});

describe('a definition', () => {
  it.each([
    ['without its endpoints', { authorizationEndpoint: undefined }],
    ['that has ID tokens verified', { idToken: 'verify' as const }],
  ])('%s cannot be played', (_what, changes) => {
    const { definition, fixture } = sandboxPlatform;
    const unplayable = { ...definition, protocol: { ...definition.protocol, ...changes } };
    const platforms = [{ definition: unplayable, fixture }];
    expect(canSimulate(unplayable)).toBe(false);
    expect(() => createSandbox({ baseUrl: 'http://localhost/sandbox', platforms, clock: createTestClock() })).toThrow(
      expect.objectContaining({ code: 'definition_invalid' }),
    );
  });

  it('is overridden where its tokens would have to be older than they get', async () => {
    const { sandbox } = await setUpSandbox();
    expect(sandbox.overrides('sandbox')).toEqual({
      refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0, minimumAgeSeconds: 0 },
    });
  });
});

describe('the address', () => {
  it.each([
    'https://evergrant.example/sandbox',
    'http://192.168.1.2:3000/sandbox',
    'http://localhost.example',
    'nonsense',
  ])('must be on loopback: %s is not', (baseUrl) => {
    expect(() => createSandbox({ baseUrl, platforms: [], clock: createTestClock() })).toThrow(
      expect.objectContaining({ code: 'definition_invalid' }),
    );
  });

  it.each(['http://localhost:3000', 'http://127.8.9.1', 'http://[::1]:80/x', 'http://sandbox.localhost'])(
    'may be %s',
    (url) => {
      expect(isLoopback(url)).toBe(true);
    },
  );

  it('stands in the definition of the provider `sandbox` and in the origins of the others', async () => {
    const { sandbox } = await setUpSandbox();
    const origins = sandbox.origins('x');
    expect(origins['https://api.x.com']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sandbox\/x\/api\.x\.com$/);
    expect(origins['https://x.com']).toMatch(/\/sandbox\/x\/x\.com$/);
    expect(sandbox.definition.protocol.tokenEndpoint).toBe(
      `${sandbox.origins('sandbox')['https://platform.example']}/oauth/token`,
    );
    expect(sandbox.definition.profile.get).toMatch(/^http:\/\/127/);
  });

  it('is all that is played', async () => {
    const { client } = await setUpSandbox();
    const url = new URL(client.reroute('https://platform.example/me'));
    expect((await fetch(`${url.origin}/sandbox/x/evil.example/me`)).status).toBe(404);
    expect((await fetch(`${url.origin}/sandbox/nobody/platform.example/me`)).status).toBe(404);
  });
});

describe('the consent page', () => {
  it('says that it is simulated, lets nothing in from elsewhere, and escapes what the request says', async () => {
    const { client } = await setUpSandbox();
    const answer = await fetch(client.authorizationUrl({}, ['profile', '<script>alert(1)</script>']));
    const page = await answer.text();
    expect(page).toContain('Simulated platform: nothing leaves this computer');
    expect(page).not.toContain('<script>');
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'none'");
  });

  it('sends nobody away from this computer, and knows one app', async () => {
    const { client } = await setUpSandbox();
    const statusOf = async (changes: Record<string, string>) =>
      (await fetch(client.authorizationUrl(changes), { redirect: 'manual' })).status;
    expect(await statusOf({ redirect_uri: 'https://evil.example/' })).toBe(400);
    expect(await statusOf({ client_id: 'other' })).toBe(401);
    expect(await statusOf({ response_type: 'token' })).toBe(303);
  });

  it('takes a decision from itself only', async () => {
    const { sandbox, client } = await setUpSandbox();
    const headers = { 'sec-fetch-site': 'cross-site' };
    const body = new URLSearchParams({ decision: 'allow' });
    const answer = await sandbox.fetch(new Request(client.authorizationUrl(), { method: 'POST', headers, body }));
    expect(answer.status).toBe(403);
  });

  it('prefers a typed name to the chosen one', async () => {
    const { client } = await setUpSandbox();
    const body = new URLSearchParams({ decision: 'allow', person: 'Ada Example', name: ' Kim <b> ', scope: 'profile' });
    const answer = await fetch(client.authorizationUrl(), { method: 'POST', body, redirect: 'manual' });
    const tokens = await client.read(await client.exchange(codeOf(answer.headers.get('location')!)));
    const me = (await (await client.get(tokens.accessToken, 'https://platform.example/me')).json()) as {
      name: string;
      picture: string;
    };
    expect(me.name).toBe('Kim <b>');
    const picture = await fetch(me.picture);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  });
});

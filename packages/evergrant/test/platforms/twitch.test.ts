import { describe, expect, it } from 'vitest';
import twitch from '../../src/providers/builtin/twitch.ts';
import { setUpSandbox } from '../../src/sandbox/test-client.ts';
import { lookStored } from '../looks/support.ts';
import { pass, soon } from '../sharing/support.ts';
import { startPlatform } from './support.ts';

const validate = 'https://id.twitch.tv/oauth2/validate';

describe('a Twitch account', () => {
  it('is validated every hour for as long as it is connected, as Twitch demands', async () => {
    await using platform = await startPlatform('twitch');
    await platform.harness.restart({ engine: 'embedded' });
    await platform.connect();
    for (let hours = 1; hours <= 2; hours++) {
      pass(platform.harness, 60);
      await soon(async () => expect(platform.requestsTo(validate)).toHaveLength(hours));
      await lookStored(platform.harness);
    }
    for (const { method, headers } of platform.requestsTo(validate)) {
      expect({ method, authorization: headers.authorization }).toEqual({
        method: 'GET',
        authorization: 'OAuth SAMPLE_AT',
      });
    }
  });

  it('is validated by the sandbox too, which knows a dead token', async () => {
    const { client, clock } = await setUpSandbox(twitch);
    const { accessToken } = await client.connect();
    const ask = (scheme: string, token: string) =>
      fetch(client.reroute(validate), { headers: { authorization: `${scheme} ${token}` } });
    expect((await ask('OAuth', accessToken)).status).toBe(200);
    expect((await ask('OAuth', 'another')).status).toBe(401);
    clock.advance(121);
    expect((await ask('OAuth', accessToken)).status).toBe(401);
  });
});

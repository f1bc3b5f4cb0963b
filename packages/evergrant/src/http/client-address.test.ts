import type { Context } from 'hono';
import { describe, expect, it } from 'vitest';
import { addressOf } from './client-address.ts';

const request = (peer: string | undefined, forwarded?: string) =>
  ({
    env: peer === undefined ? {} : { incoming: { socket: { remoteAddress: peer } } },
    req: { header: () => forwarded },
  }) as unknown as Context;

describe('the address of a client', () => {
  it.each<[string, string | undefined, string | undefined, string[], string | null]>([
    ['is that of the connection', '203.0.113.7', undefined, [], '203.0.113.7'],
    ['is not what anybody writes', '203.0.113.7', '198.51.100.1', [], '203.0.113.7'],
    ['is not what anybody writes before a stranger', '203.0.113.7', '198.51.100.1', ['10.0.0.0/8'], '203.0.113.7'],
    ['is what a trusted proxy added', '10.0.0.1', '198.51.100.1', ['10.0.0.0/8'], '198.51.100.1'],
    [
      'is the last that is no proxy of ours',
      '10.0.0.1',
      '1.1.1.1, 198.51.100.1, 10.9.9.9',
      ['10.0.0.0/8'],
      '198.51.100.1',
    ],
    ['is that of a mapped IPv4 proxy too', '::ffff:10.0.0.1', '198.51.100.1', ['10.0.0.1'], '198.51.100.1'],
    ['passes over what is no address', '10.0.0.1', 'evil, 198.51.100.1, unknown', ['10.0.0.1'], '198.51.100.1'],
    ['is the proxy where it names nobody', '10.0.0.1', undefined, ['10.0.0.1'], '10.0.0.1'],
    ['is not known without a connection', undefined, '198.51.100.1', [], null],
  ])('%s', (_, peer, forwarded, trusted, expected) => {
    expect(addressOf(request(peer, forwarded), trusted)).toBe(expected);
  });
});

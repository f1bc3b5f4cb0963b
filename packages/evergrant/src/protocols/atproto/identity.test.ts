import { describe, expect, it } from 'vitest';
import { type Egress, type EgressRequest, TransportError } from '../../egress/types.ts';
import { EvergrantError } from '../../errors/index.ts';
import bluesky from '../../providers/builtin/bluesky.ts';
import { findByDid, findByHandle, readName } from './identity.ts';
import { type AtprotoApp, createNetwork } from './network.ts';

const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz';
const handle = 'ann.example.com';

const appOf = (variables: Record<string, string> = {}, more: Partial<AtprotoApp> = {}): AtprotoApp => ({
  provider: 'bluesky',
  clientId: 'http://localhost',
  clientSecret: null,
  definition: bluesky,
  scopes: [],
  origins: {},
  trustedOrigins: new Set(),
  redirectUri: 'http://127.0.0.1/',
  variables: { ...bluesky.options, ...variables },
  ...more,
});

type Answer = { status?: number; body?: unknown } | Error;

/** A network that gives these answers by address; any other name does not resolve. */
const networkOf = (answers: Record<string, Answer>) => {
  const sent: EgressRequest[] = [];
  const egress: Egress = {
    async send(request) {
      sent.push(request);
      const answer = answers[request.url] ?? new TransportError('not_sent', 'the name does not resolve');
      if (answer instanceof Error) throw answer;
      const { status = 200, body } = answer;
      return { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) };
    },
    async close() {},
  };
  return { network: createNetwork(egress), sent };
};

const documentOf = (changes: object = {}) => ({
  id: did,
  alsoKnownAs: [`at://${handle}`],
  service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: 'https://pds.example.com' }],
  ...changes,
});
const plc = `https://plc.directory/${did}`;
const wellKnown = `https://${handle}/.well-known/atproto-did`;
const identity = { did, handle, pds: 'https://pds.example.com' };

const noRecords = async (): Promise<string[][]> => {
  throw Object.assign(new Error('queryTxt ENOTFOUND'), { code: 'ENOTFOUND' });
};
const records =
  (...texts: string[]) =>
  async (name: string) =>
    name === `_atproto.${handle}` ? texts.map((text) => [text.slice(0, 5), text.slice(5)]) : [];

describe('readName', () => {
  it.each([
    ['ann.example.com', { kind: 'handle', handle }],
    [' @Ann.Example.COM\n', { kind: 'handle', handle }],
    ['\u202aann.example.com\u202c', { kind: 'handle', handle }],
    ['at://ann.example.com', { kind: 'handle', handle }],
    [did, { kind: 'did', did }],
    ['did:web:example.com', { kind: 'did', did: 'did:web:example.com' }],
    ['https://pds.example.com/path?x', { kind: 'server', url: 'https://pds.example.com' }],
    ['http://127.0.0.1:3000', { kind: 'server', url: 'http://127.0.0.1:3000' }],
    ['ann', null],
    ['10.0.0.1', null],
    ['[::1]', null],
    ['ann..example.com', null],
    ['-ann.example.com', null],
    [`${'a'.repeat(64)}.example.com`, null],
    [`${'a.'.repeat(130)}com`, null],
    ['ann.example.com/../x', null],
    ['ann.example.com:443', null],
    ['did:key:z6Mk', null],
    ['did:web:example.com:path', null],
    ['did:plc:a/../b', null],
    ['https://user:password@pds.example.com', null],
    ['javascript:alert(1)', null],
    ['', null],
  ])('%j', (typed, named) => {
    expect(readName(typed)).toEqual(named);
  });
});

describe('a handle', () => {
  it('is looked up in DNS, in pieces as records come', async () => {
    const { network } = networkOf({ [plc]: { body: documentOf() } });
    expect(await findByHandle(network, records(`did=${did}`, 'v=spf1'), appOf(), handle)).toEqual(identity);
  });

  it('is looked up at its own host', async () => {
    const { network } = networkOf({ [wellKnown]: { body: `${did}\n` }, [plc]: { body: documentOf() } });
    expect(await findByHandle(network, noRecords, appOf(), handle)).toEqual(identity);
  });

  it('is what DNS says, where its host says something else', async () => {
    const { network } = networkOf({ [wellKnown]: { body: 'did:plc:other' }, [plc]: { body: documentOf() } });
    expect(await findByHandle(network, records(`did=${did}`), appOf(), handle)).toMatchObject({ did });
  });

  it('is nobody where DNS names two', async () => {
    const { network } = networkOf({ [plc]: { body: documentOf() } });
    const found = findByHandle(network, records(`did=${did}`, 'did=did:plc:other'), appOf(), handle);
    await expect(found).rejects.toMatchObject({ code: 'instance_not_found' });
  });

  it('is asked of the resolver alone where there is one', async () => {
    const url = `https://resolver.example/xrpc/com.atproto.identity.resolveHandle?handle=${handle}`;
    const { network, sent } = networkOf({ [url]: { body: { did } }, [plc]: { body: documentOf() } });
    const app = appOf({ handleResolver: 'https://resolver.example/' });
    expect(await findByHandle(network, records('did=did:plc:other'), app, handle)).toEqual(identity);
    expect(sent.map((request) => request.url)).toEqual([url, plc]);
  });

  it.each([
    ['another name', { alsoKnownAs: ['at://else.example.com'] }],
    ['none', { alsoKnownAs: undefined }],
    ['it only second', { alsoKnownAs: ['at://else.example.com', `at://${handle}`] }],
  ])('is not believed where the account carries %s', async (_, changes) => {
    const { network } = networkOf({ [plc]: { body: documentOf(changes) } });
    const found = findByHandle(network, records(`did=${did}`), appOf(), handle);
    await expect(found).rejects.toMatchObject({ code: 'instance_not_found', detail: expect.stringContaining(handle) });
  });

  it('that leads into a private network is refused, unless DNS knows it', async () => {
    const refused = new EvergrantError('target_not_allowed');
    const { network } = networkOf({ [wellKnown]: refused, [plc]: { body: documentOf() } });
    await expect(findByHandle(network, noRecords, appOf(), handle)).rejects.toMatchObject({
      code: 'target_not_allowed',
    });
    expect(await findByHandle(network, records(`did=${did}`), appOf(), handle)).toEqual(identity);
  });
});

describe('a DID', () => {
  it('of a host is read there', async () => {
    const web = 'did:web:ann.example.com';
    const { network } = networkOf({
      'https://ann.example.com/.well-known/did.json': { body: documentOf({ id: web }) },
    });
    expect(await findByDid(network, appOf(), web)).toMatchObject({ did: web, pds: identity.pds });
  });

  it.each<[string, Answer, string]>([
    ['unknown', { status: 404, body: { message: 'DID not registered' } }, 'instance_not_found'],
    ['a tombstone', { status: 410, body: {} }, 'instance_not_found'],
    ['of another document', { body: documentOf({ id: 'did:plc:other' }) }, 'instance_not_found'],
    ['no JSON', { body: '<html>' }, 'instance_not_found'],
    ['without a server', { body: documentOf({ service: [] }) }, 'instance_not_found'],
    [
      'with a server that is no origin',
      {
        body: documentOf({
          service: [
            { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: 'https://pds.example/x' },
          ],
        }),
      },
      'instance_not_found',
    ],
    ['not to be had now', { status: 503, body: '' }, 'provider_unavailable'],
    ['silent', new TransportError('unknown', 'no answer in time', true), 'provider_timeout'],
  ])('is %s', async (_, answer, code) => {
    const { network } = networkOf({ [plc]: answer });
    await expect(findByDid(network, appOf(), did)).rejects.toMatchObject({ code });
  });
});

describe('what may be reached', () => {
  const trustedFor = async (variables: Record<string, string>, trusted: string[]) => {
    const { network, sent } = networkOf({ 'http://127.0.0.1:4000/x': { body: '' } });
    await network.get(appOf(variables, { trustedOrigins: new Set(trusted) }), 'http://127.0.0.1:4000/x');
    return sent[0]?.trustedOrigins?.has('http://127.0.0.1:4000');
  };

  it('is loopback where the operator has put directory or resolver there, and nowhere else', async () => {
    const local = 'http://127.0.0.1:2582';
    expect(await trustedFor({ plcUrl: local }, [local])).toBe(true);
    expect(await trustedFor({ handleResolver: local }, [local])).toBe(true);
    expect(await trustedFor({}, [])).toBe(false);
    expect(await trustedFor({ plcUrl: 'https://plc.example' }, ['https://plc.example'])).toBe(false);
    // A definition alone, without the operator's own word, opens nothing.
    expect(await trustedFor({ plcUrl: local }, [])).toBe(false);
  });
});

/*
 * A real personal data server with its authorization server, and a directory as small as it can be. It runs in a process
 * of its own, is told its ports by the environment, and says "ready" when it is.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDS } from '@atproto/pds';

const { PDS_PORT, PLC_PORT } = process.env;

/** The last operation of each DID; signatures are not checked. */
const operations = new Map();

const documentOf = (did, { alsoKnownAs, verificationMethods, services }) => ({
  id: did,
  alsoKnownAs,
  verificationMethod: Object.entries(verificationMethods).map(([name, key]) => ({
    id: `${did}#${name}`,
    type: 'Multikey',
    controller: did,
    publicKeyMultibase: key.slice('did:key:'.length),
  })),
  service: Object.entries(services).map(([name, { type, endpoint }]) => ({
    id: `#${name}`,
    type,
    serviceEndpoint: endpoint,
  })),
});

const directory = createServer((request, response) => {
  const did = decodeURIComponent(request.url.slice(1));
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (request.method === 'POST') operations.set(did, JSON.parse(Buffer.concat(chunks).toString()));
    const known = operations.get(did);
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ? documentOf(did, known) : { message: `DID not registered: ${did}` }));
  });
});
directory.listen(Number(PLC_PORT), '127.0.0.1');

const folder = mkdtempSync(join(tmpdir(), 'evergrant-pds-'));
const hex = () => randomBytes(32).toString('hex');
const pds = await PDS.fromEnv({
  port: Number(PDS_PORT),
  hostname: 'localhost',
  devMode: true,
  inviteRequired: false,
  dataDirectory: folder,
  blobstoreDiskLocation: join(folder, 'blobs'),
  didPlcUrl: `http://127.0.0.1:${PLC_PORT}`,
  jwtSecret: hex(),
  dpopSecret: hex(),
  adminPassword: hex(),
  plcRotationKeyK256PrivateKeyHex: hex(),
});
await pds.start();
console.log('ready');

const stop = async () => {
  await pds.destroy();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
// The test that started it is gone.
setInterval(() => {
  if (process.ppid === 1) void stop();
}, 1000).unref();

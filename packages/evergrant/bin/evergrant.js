#!/usr/bin/env node
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Evergrant needs Node.js 22.18 or newer; this is ${process.version}.\n` +
      'On Linux `npm install` in the repository brings a current Node along and `npm start` uses it; elsewhere install Node.js 24 from https://nodejs.org.\n',
  );
  process.exit(1);
}

// A checkout runs its TypeScript directly; the published package carries the compiled files only.
const source = new URL('../src/cli/main.ts', import.meta.url);
const { main } = await import(existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href);
process.exitCode = await main(process.argv.slice(2));

#!/usr/bin/env node
import { existsSync } from 'node:fs';
import nodeModule from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Evergrant needs Node.js 22.18 or newer; this is ${process.version}.\n` +
      'On Linux `npm install` in the repository brings a current Node along and `npm start` uses it; elsewhere install Node.js 24 from https://nodejs.org.\n',
  );
  process.exit(1);
}

// A checkout runs its TypeScript directly; the published package carries the compiled files only.
const isCheckout = existsSync(new URL('../src/index.ts', import.meta.url));
const locate = (name) => new URL(isCheckout ? `../src/${name}.ts` : `../dist/${name}.js`, import.meta.url).href;

// In a configuration file `import … from 'evergrant'` means this program, wherever the file lies.
nodeModule.registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'evergrant' ? { url: locate('index'), shortCircuit: true } : next(specifier, context),
});

const { main } = await import(locate('cli/main'));
process.exitCode = await main(process.argv.slice(2));

#!/usr/bin/env node
// The entry of the `mlld` command. Checks the Node version before anything that needs it is loaded.
import { enableCompileCache } from './compile-cache.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `mlld needs Node 20.19 or newer, this is ${process.versions.node}. Get it from https://nodejs.org.\n`,
  );
  process.exitCode = 1;
} else {
  enableCompileCache();
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2));
}

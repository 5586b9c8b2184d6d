// `npm start`: everything on a clone as it is. Installs and builds what is missing, then shows the whole way from an author's
// file to a working import on this machine alone. `npm start -- --once` ends after that, with 0 only if all of it held.
import path from 'node:path';
import { ensureInstalled, root, run } from './lib.mjs';

const known = ['--once', '--no-build'];
const usage = `npm start             shows the whole way, then leaves the registry up until Ctrl-C\nnpm start -- --once   ends when all is shown\n  --no-build          takes what is built already`;
const unknown = process.argv.slice(2).find((word) => !known.includes(word));
if (unknown !== undefined) {
  const isHelp = unknown === '--help' || unknown === '-h';
  (isHelp ? console.log : console.error)(isHelp ? usage : `npm start: '${unknown}' is not known.\n${usage}`);
  process.exit(isHelp ? 0 : 2);
}
ensureInstalled();
// Tests run what is built already.
if (!process.argv.includes('--no-build')) {
  run(process.execPath, [path.join(root, 'scripts/build.mjs'), '--bundle-only']);
}

const [{ demo }, { endPrograms }] = await Promise.all([import('./demo/demo.mjs'), import('./demo/cli.mjs')]);
let interrupted = false;
const stopped = new Promise((resolve) => {
  const stop = () => {
    interrupted = true;
    endPrograms();
    resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (interrupted) process.exit(130);
      stop();
    });
  }
  // Whoever reads what is printed has gone: nobody is shown anything any more.
  process.stdout.on('error', stop);
});
try {
  process.exitCode = await demo({ once: process.argv.includes('--once'), stopped });
} catch (error) {
  if (!interrupted) console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = interrupted ? 130 : 1;
}

// The whole test suite, on a clone as it is: installs what is missing, then runs vitest.
// Arguments are passed on: `npm test -- packages/format`.
import { ensureInstalled, runBin } from './lib.mjs';

ensureInstalled();
runBin('vitest/vitest.mjs', ['run', ...process.argv.slice(2)], { env: { NODE_EXTRA_CA_CERTS: '' } });

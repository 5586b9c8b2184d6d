// Before the tests: the bundle of the `mlld` command, which the journeys in e2e/ start as a real process.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { root } from './lib.mjs';

export default function setup() {
  execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs'), '--bundle-only'], {
    stdio: 'inherit',
  });
}

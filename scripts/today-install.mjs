// `npm run today:install`: brings mlld 2.0.5, the client that people have today, into .tmp/mlld-2.0.5, where e2e/today.test.ts
// looks for it. Never part of `npm test`: it is large, and comes from outside.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { root, run } from './lib.mjs';

const home = path.join(root, '.tmp/mlld-2.0.5');
mkdirSync(home, { recursive: true });
const quiet = [
  '--no-save',
  '--no-package-lock',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];
run('npm', ['i', '--prefix', home, ...quiet, 'mlld@2.0.5']);
run(process.execPath, [path.join(home, 'node_modules/mlld/dist/cli.cjs'), '--version']);

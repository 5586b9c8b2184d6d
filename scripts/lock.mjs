// Writes package-lock.json anew from the manifests, in a folder without node_modules: where packages of one platform are
// installed, npm leaves the optional packages of all others out of the lock file, and `npm ci` then fails.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, run } from './lib.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'mlld-lock-'));
const workspaces = ['testing', ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}`)];
try {
  for (const file of [
    'package.json',
    'package-lock.json',
    '.npmrc',
    ...workspaces.map((one) => `${one}/package.json`),
  ]) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    cpSync(path.join(root, file), path.join(folder, file));
  }
  run('npm', [
    'install',
    '--package-lock-only',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefix',
    folder,
  ]);
  cpSync(path.join(folder, 'package-lock.json'), path.join(root, 'package-lock.json'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

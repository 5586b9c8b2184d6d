// What the scripts share: where the project is, how to run a program, how to install what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a program in the project's root with this terminal; ends the process with its status if it fails. */
export function run(command, args, { env = {}, optional = false } = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (result.error && !optional) throw result.error;
  if (result.status !== 0 && !optional) process.exit(result.status ?? 1);
  return result.status ?? 1;
}

/** Runs a program of node_modules with the Node that runs this script. */
export function runBin(pkgBin, args, options) {
  return run(process.execPath, [path.join(root, 'node_modules', pkgBin), ...args], options);
}

/** Installs the locked dependencies if this clone has none yet. */
export function ensureInstalled() {
  if (existsSync(path.join(root, 'node_modules', '.package-lock.json'))) return;
  console.error('Installing dependencies (npm ci) ...');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
}

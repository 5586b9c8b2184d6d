// Runs the whole suite on each Node that we promise. The npm package `node-<os>-<cpu>` carries the programs;
// they are installed in .tmp/nodes, outside of the project's own dependencies.
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, root, run } from './lib.mjs';

const versions = ['20.19.6', '22', '24'];
ensureInstalled();
const asked = process.argv.slice(2);
for (const version of asked.length > 0 ? asked : versions) {
  const home = path.join(root, '.tmp/nodes', version);
  const node = path.join(home, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (!existsSync(node)) {
    mkdirSync(home, { recursive: true });
    run('npm', [
      'i',
      '--prefix',
      home,
      '--no-save',
      '--no-package-lock',
      `node-${process.platform}-${process.arch}@${version}`,
    ]);
  }
  console.log(`\n== Node ${version}`);
  run(node, ['--version']);
  run(node, ['scripts/test.mjs'], {
    env: { PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` },
  });
}

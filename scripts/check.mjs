// What must hold before a commit lands, without running a test: types, format and lint, package boundaries,
// unused code. Each step runs even if one before it failed; the status is 0 only if all passed.
import path from 'node:path';
import { ensureInstalled, root, run, runBin } from './lib.mjs';

ensureInstalled();
const steps = {
  types: () => runBin('typescript/bin/tsc', ['-p', 'tsconfig.json'], { optional: true }),
  // With the types of a browser, which nothing else may use.
  'types of the site in a browser': () =>
    runBin('typescript/bin/tsc', ['-p', 'packages/site/src/browser/tsconfig.json'], { optional: true }),
  'types of its tests': () =>
    runBin('typescript/bin/tsc', ['-p', 'e2e/site/tsconfig.json'], { optional: true }),
  'format and lint': () => runBin('@biomejs/biome/bin/biome', ['check', '.'], { optional: true }),
  boundaries: () =>
    run(process.execPath, [path.join(root, 'scripts/check-boundaries.mjs')], { optional: true }),
  'unused code': () => runBin('knip/bin/knip.js', [], { optional: true }),
};
const failed = [];
for (const [name, step] of Object.entries(steps)) {
  console.log(`== ${name}`);
  if (step() !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\ncheck failed: ${failed.join(', ')}`);
  process.exit(1);
}
console.log('\ncheck passed');

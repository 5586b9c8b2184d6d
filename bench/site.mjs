// The web site of many modules: how long it takes to write, in how much memory and how many files, and what one more module costs.
// Above 2,000 modules those that no other imports are blocks of data that one page shows.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from './lib/process.mjs';
import { figure } from './lib/stats.mjs';

export const name = 'site';
export const goals = [
  'the site of 100,000 modules within 3 minutes and 1 GB of memory',
  'at most 20,000 files, as the strictest common host has it; one more module rewrites a number of files that does not grow',
];

const worker = fileURLToPath(new URL('./lib/site-worker.mjs', import.meta.url));

export async function run({ quick, tmp, log }) {
  const rows = [];
  for (const count of quick ? [30, 1600] : [1000, 10_000, 100_000]) {
    log(`writing the site of ${count} modules`);
    const args = ['--max-old-space-size=3000', worker, String(count), path.join(tmp, `site-${count}`)];
    const stdout = execFileSync(process.execPath, args, { env: childEnvironment({}), maxBuffer: 1e8 });
    const { full, one, megabytes } = JSON.parse(String(stdout));
    const large = count === 100_000;
    const row = (what, value, unit, goal) =>
      rows.push({
        what: `${count} modules: ${what}`,
        ours: figure(value, unit),
        ...(large && goal !== undefined ? { goal: `at most ${goal} ${unit}`, met: value <= goal } : {}),
      });
    row('the whole site', full.ms / 1000, 's', 180);
    row('memory', megabytes, 'MB', 1024);
    row('files', full.files, 'files', 20_000);
    row('bytes of all files', Math.round(full.bytes / 1e6), 'MB', 1000);
    row('one more module: files written', one.files, 'files');
    row('one more module: time', one.ms, 'ms');
  }
  return { rows };
}

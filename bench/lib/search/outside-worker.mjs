// What a user waits for, measured by a process that holds nothing: one with 100,000 records in it is stopped by its collector of garbage
// while it serves a page, and takes longer to start another.
// node outside-worker.mjs '<JSON of folder, tmp, pageQueries, commandQueries>'; prints {inPage, command} as JSON, milliseconds.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { mlldAsync } from '../process.mjs';
import { inBrowser } from './browser.mjs';

const { folder, tmp, pageQueries, commandQueries } = JSON.parse(process.argv[2]);
const inPage = await inBrowser({ folder, queries: pageQueries, tmp, rtt: 20, mbit: 50 });
console.log(JSON.stringify({ inPage, command: await onCommandLine() }));

async function onCommandLine() {
  writeFileSync(
    path.join(folder, 'registry.json'),
    `${JSON.stringify({ v: 1, name: 'registry.example.org', title: 'Search' })}\n`,
  );
  const options = { cwd: tmp, env: { HOME: tmp, MLLD_CACHE_DIR: path.join(tmp, 'cache') } };
  // Offline: what a copy that is fresh does, however long the benchmark takes.
  const ask = (words, ...flags) =>
    mlldAsync(['search', ...flags, '--registry', folder, '--', ...words], options).catch((error) => error);
  // The first one fetches the copy; by the third, the command keeps its compiled code.
  await ask(['json']);
  for (const words of [
    ['parse', 'jsno'],
    ['parse', 'jsno'],
  ])
    await ask(words, '--offline');
  const samples = [];
  for (const query of commandQueries) {
    const { ms } = await ask([query], '--offline');
    if (ms !== undefined) samples.push(ms);
  }
  return samples;
}

// Builds an index in a process of its own, so that its memory is its own: records as lines of JSON in, files out.
// node build-worker.mjs <records> <folder>; prints {ms, cpuMs, mb} as JSON.
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { deflateRawSync } from 'node:zlib';
import { buildBase, decodeRecord, encodeManifest, encodePack } from '@mlld/search';

const [input, folder] = process.argv.slice(2);
const records = [];
for await (const line of createInterface({ input: createReadStream(input) }))
  records.push(decodeRecord(JSON.parse(line)));
const start = performance.now();
const cpu = process.cpuUsage();
const packing = {
  deflate: (bytes) => deflateRawSync(bytes, { level: 9 }),
  sha256: (data) => createHash('sha256').update(data).digest('hex'),
};
const base = buildBase(records, packing);
const files = [];
for (const file of base.files()) {
  write(...file);
  files.push(file);
}
write(`search/${base.info.id}/pack`, encodePack(base.info, files));
write('search/manifest', packing.deflate(Buffer.from(encodeManifest({ v: 1, base: base.info }))));
const { user, system } = process.cpuUsage(cpu);
const usage = process.resourceUsage();
console.log(
  JSON.stringify({
    ms: performance.now() - start,
    cpuMs: (user + system) / 1000,
    mb: usage.maxRSS / 1024,
    files: files.length + 1,
  }),
);

function write(file, bytes) {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, bytes);
}

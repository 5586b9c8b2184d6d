// Builds an index in a process of its own, so that its memory is its own: records as lines of JSON in, files out.
// Then what one more module changes, into another folder, as a builder writes it.
// node build-worker.mjs <records> <folder> <folder of what changes>; prints {ms, cpuMs, mb, files, more} as JSON.
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { deflateRawSync } from 'node:zlib';
import {
  buildBase,
  decodeRecord,
  encodeDelta,
  encodeManifest,
  encodePack,
  hashDigits,
  makeDelta,
  mostChanges,
  orderRecords,
  recordId,
} from '@mlld/search';

const [input, folder, changedFolder] = process.argv.slice(2);
const records = [];
for await (const line of createInterface({ input: createReadStream(input) }))
  records.push(decodeRecord(JSON.parse(line)));
const start = performance.now();
const cpu = process.cpuUsage();
const packing = {
  deflate: (bytes) => deflateRawSync(bytes, { level: 9 }),
  sha256: (data) => createHash('sha256').update(data).digest('hex'),
};
const base = buildBase(orderRecords(records, packing), packing);
const files = [];
for (const file of base.files()) {
  write(folder, ...file);
  files.push(file);
}
write(folder, `search/${base.info.id}/pack`, encodePack(base.info, files));
write(folder, 'search/manifest', packing.deflate(Buffer.from(encodeManifest({ v: 1, base: base.info }))));
const { user, system } = process.cpuUsage(cpu);
const usage = process.resourceUsage();
const ms = performance.now() - start;
const kept = { size: base.records.length, at: (ordinal) => base.records[ordinal] };
const name = '@example/one-more-module';
const one = { ...base.records[0], id: recordId(name), name, author: 'example', about: 'One more module' };
const [delta, deltaBytes] = deltaOf([], [one]);
const changed = [
  [`search/delta/${delta}`, deltaBytes],
  ['search/manifest', packing.deflate(Buffer.from(encodeManifest({ v: 1, base: base.info, delta })))],
];
for (const file of changed) write(changedFolder, ...file);
const most = base.records.slice(0, mostChanges(base.records.length));
const [, mostBytes] = deltaOf(
  most.keys(),
  most.map((record) => ({ ...record, version: '99.0.0' })),
);
console.log(
  JSON.stringify({
    ms,
    cpuMs: (user + system) / 1000,
    mb: usage.maxRSS / 1024,
    files: files.length + 2,
    more: {
      name,
      files: changed.length,
      bytes: changed.reduce((sum, [, bytes]) => sum + bytes.length, 0),
      most: most.length,
      mostBytes: mostBytes.length,
    },
  }),
);

function deltaOf(gone, records) {
  const bytes = packing.deflate(
    Buffer.from(encodeDelta(makeDelta(base.info.id, { records: kept, gone, changed: records }))),
  );
  return [packing.sha256(bytes).slice(0, hashDigits), bytes];
}

function write(into, file, bytes) {
  const target = path.join(into, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, bytes);
}

// Verifies all modules of a distribution as a client does that meets them for the first time, in a process of its own, and
// prints how many milliseconds that took, without loading code and reading files.
//   node verify-worker.mjs <dist> <JSON: [{name, version}]> <all | bundles>
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { layout, parseHead, parseIndex, parsePolicy, parseProof } from '@mlld/format';
import { sha256, verifyRelease } from '@mlld/trust';
import {
  logPolicyText,
  parseLogPolicy,
  parseLogProof,
  snapshotPrefixes,
  verifyHead,
  verifyLogProof,
  verifySnapshot,
} from '@mlld/trust/log';

const [dist, list, what] = process.argv.slice(2);
const read = (file) => readFileSync(path.join(dist, file));
const modules = JSON.parse(readFileSync(list, 'utf8'));
const policy = parsePolicy(read(layout.policy(1)));
const registry = policy.registry;
const inputs = modules.map(({ name, version }) => {
  const index = read(layout.index(name));
  const line = parseIndex(index).versions.find((one) => one.version === version);
  return {
    name,
    line,
    index,
    proof: read(layout.proof(line.statement)),
    files: what === 'all' ? line.files.map(({ sha256: hash }) => [hash, read(layout.blob(hash))]) : [],
  };
});
const headBytes = read(layout.head);
const depth = parseHead(headBytes) && JSON.parse(parseHead(headBytes).snapshot.statement).depth;
const tree = new Map();
for (const { name } of what === 'all' ? inputs : [])
  for (const prefix of snapshotPrefixes(name, depth)) tree.set(prefix, read(layout.snapshot(depth, prefix)));

const start = performance.now();
const counts = parseLogPolicy(logPolicyText(policy));
const { snapshot } = verifyHead(parseHead(headBytes), policy);
for (const { name, line, index, proof, files } of inputs) {
  if (what === 'all') {
    const digits = snapshot.depth;
    const found = verifySnapshot({ name, digits, root: snapshot.root, files: tree });
    if (found !== sha256(index)) throw new Error(`${name}: another index`);
  }
  const bundle = parseProof(proof);
  const { version, digest, statement } = line;
  verifyRelease(bundle, { registry, name, version, digest, statement });
  verifyLogProof(parseLogProof(bundle.log.proof), { entry: Buffer.from(bundle.statement), policy: counts });
  for (const [hash, bytes] of files) if (sha256(bytes) !== hash) throw new Error(`${name}: other bytes`);
}
console.log(performance.now() - start);

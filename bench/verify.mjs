// Proof bundles: the author's signature on a release, checked offline. The floor is what no program can avoid: the two
// Ed25519 verifications themselves (the keyset's and the release's), by node:crypto.
import { createPublicKey, generateKeyPairSync, sign, verify as verifyRaw } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeProof, layout, parseProof } from '@mlld/format';
import { sha256, verifyRelease } from '@mlld/trust';
import { generateModules } from './lib/generate.mjs';
import { runTimed } from './lib/process.mjs';
import { repositoryWriter } from './lib/repository.mjs';
import { signerFrom } from './lib/sign.mjs';
import { figure, interleave } from './lib/stats.mjs';

export const name = 'verify';
export const goals = ['1,000 proof bundles of releases read and verified in at most 1 s'];

const registry = 'registry.example.org';

export async function run({ quick, tmp, log }) {
  const count = quick ? 50 : 1000;
  log(`signing ${count} releases`);
  const bundles = makeBundles(tmp, count);
  const ids = bundles.map(({ statement, ref, version }) => ({ statement, name: ref, version, registry }));
  const floor = floorOf(bundles);
  const samples = await interleave(
    {
      ours: () => {
        for (const [i, { text }] of bundles.entries()) verifyRelease(parseProof(text), ids[i]);
      },
      floor: () => {
        for (const one of floor) if (!one()) throw new Error('the floor does not verify');
      },
    },
    { rounds: quick ? 2 : 9 },
  );
  const ours = figure(samples.ours, 'ms');
  const bare = { ...figure(samples.floor, 'ms'), what: '2 bare Ed25519 verifications each' };
  const rows = [
    {
      what: `${count} proof bundles: parse, keyset chain, signature, digest`,
      ours,
      theirs: bare,
      ratio: ours.median / bare.median,
      goal: `≤ ${count} ms`,
      met: ours.median <= count,
    },
  ];
  const tool = await sshKeygen({ tmp, bundles: bundles.slice(0, quick ? 2 : 20) });
  if (tool !== undefined) {
    const each = figure(
      samples.ours.map((ms) => ms / count),
      'ms',
    );
    const theirs = { ...figure(tool, 'ms'), what: 'ssh-keygen -Y verify, a process, the release alone' };
    rows.push({ what: 'one bundle', ours: each, theirs, ratio: theirs.median / each.median });
  }
  return { rows };
}

function makeBundles(tmp, count) {
  const folder = path.join(tmp, 'repository');
  const writer = repositoryWriter(folder, { registry, sourceBase: 'https://modules.example.org/' });
  const read = (file) => readFileSync(path.join(folder, file), 'utf8');
  const signed = (file) => ({ statement: read(file), signatures: [read(layout.signature(file))] });
  const bundles = [];
  for (const one of generateModules({ count, versions: 1 })) {
    writer.add(one);
    const { version } = one.releases[0];
    const release = signed(layout.release(one.ref, version));
    const keyset = signed(layout.keyset(one.author, 1));
    const text = encodeProof({ v: 1, ...release, keysets: [keyset] });
    bundles.push({ ref: one.ref, version, text, release, keyset, statement: sha256(release.statement) });
  }
  return bundles;
}

/** For each bundle a function that does nothing but verify two signatures over texts of the same length. */
function floorOf(bundles) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }));
  return bundles.map(({ release, keyset }) => {
    const pairs = [release, keyset].map(({ statement }) => {
      const hash = Buffer.from(sha256(statement), 'hex');
      return [hash, sign(null, hash, privateKey)];
    });
    return () => pairs.every(([hash, signature]) => verifyRaw(null, hash, key, signature));
  });
}

/** Milliseconds of each `ssh-keygen -Y verify`, or undefined without the program. */
async function sshKeygen({ tmp, bundles }) {
  const [signers, signature] = ['signers', 'signature'].map((file) => path.join(tmp, file));
  writeFileSync(signers, `bench ${signerFrom(1).publicKey}\n`);
  try {
    return bundles.map(({ release }) => {
      writeFileSync(signature, release.signatures[0]);
      const args = ['-Y', 'verify', '-f', signers, '-I', 'bench', '-n', 'mlld-release@v1', '-s', signature];
      return runTimed('ssh-keygen', args, { input: release.statement }).ms;
    });
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

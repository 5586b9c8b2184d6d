/**
 * The worked examples of docs/spec, made by the code that they describe. To write them anew after a change of a format:
 * `UPDATE_SPEC_EXAMPLES=1 npm test -- packages/trust/test/spec-examples.test.ts`.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  encodeChange,
  encodeIndex,
  encodeLock,
  encodeProof,
  encodeRegistryInfo,
  encodeTxt,
  type IndexVersion,
  legacyContentHash,
  type ModuleIndex,
  parseIndex,
  parseLock,
  parseModuleName,
  parseProof,
  parseSha256,
} from '@mlld/format';
import { describe, expect, it } from 'vitest';
import { checkFiles, digestOfFiles, sha256, verifyRelease } from '../src/index.ts';
import {
  cosign,
  formatCheckpoint,
  formatLogProof,
  formatNote,
  formatVerifierKey,
  type HashReader,
  leafHash,
  logPolicyText,
  nodeHash,
  noteSigner,
  parseLogPolicy,
  parseLogProof,
  proveInclusion,
  signNote,
  treeRoot,
  verifyLogProof,
} from '../src/log/index.ts';
import { alice, keyset, registry, release, signKeyset, signRelease } from './bundle.ts';
import { ed25519Signer, signed } from './signer.ts';

const folder = fileURLToPath(new URL('../../../docs/spec/examples', import.meta.url));
const name = parseModuleName('@alice/strings');
const base = 'https://example.org/alice/strings/';
const files = new Map(
  ['index.mld', 'README.md'].map((file) => [file, readFileSync(path.join(folder, 'strings', file))]),
);
const laptop = ed25519Signer('the laptop of the examples');
const desktop = ed25519Signer('the desktop of the examples');

const firstKeys = signKeyset(keyset([laptop]), [laptop]);
const nextKeys = signKeyset(keyset([laptop, desktop], { n: 2, createdAt: '2026-02-28T09:30:00Z' }), [laptop]);
const entries = [...files].map(([file, bytes]) => ({
  path: file,
  size: bytes.length,
  sha256: sha256(bytes),
}));
const statement = release({
  about: 'Texts in other shapes',
  files: entries,
  digest: digestOfFiles(files),
  source: {
    type: 'directory',
    baseUrl: base.slice(0, -1),
    files: [...files.keys()],
    entryPoint: 'index.mld',
    contentHash: legacyContentHash(entries, 'directory', sha256),
  },
  sources: [base],
  exports: [{ name: 'shout', kind: 'exe', params: [{ name: 'text', type: 'string' }] }],
  keywords: ['text'],
  publishedAt: '2026-03-01T12:00:00Z',
  publishedBy: 1001,
});
const signedRelease = signRelease(statement, [desktop]);
const bundle = { v: 1 as const, ...signedRelease, keysets: [firstKeys, nextKeys] };
const line: IndexVersion = {
  v: 1,
  name,
  version: statement.version,
  digest: statement.digest,
  contentHash: statement.source.contentHash,
  shape: 'directory',
  entry: statement.entry,
  files: entries,
  sources: statement.sources,
  statement: sha256(signedRelease.statement),
  kind: 'module',
  imports: new Map(),
  closure: [],
  needs: ['js'],
  license: 'CC0',
  exports: ['shout'],
  publishedAt: statement.publishedAt,
  evidence: 2,
  checked: { state: 'match' },
};
const index: ModuleIndex = {
  header: {
    v: 1,
    name,
    about: statement.about,
    tags: new Map([['latest', '1.2.0']]),
    owners: [alice],
    yanked: new Map(),
    advisories: [],
  },
  versions: [line],
  skipped: [],
};
const tag = encodeChange({
  type: 'tag',
  v: 1,
  registry,
  name,
  n: 1,
  by: alice,
  at: '2026-03-01T12:05:00Z',
  tag: 'stable',
  version: '1.2.0',
});
const lock = encodeLock({
  modules: new Map([
    [
      name,
      {
        name,
        wanted: '^1.0.0',
        version: '1.2.0',
        registry,
        entry: 'index.mld',
        files: new Map(entries.map((file) => [file.path, file.sha256])),
        digest: statement.digest,
        sources: [base],
        imports: new Map(),
        evidence: 2,
        statement: sha256(signedRelease.statement),
        needs: ['js'],
        granted: [],
        fetchedAt: '2026-03-02T08:00:00.000Z',
      },
    ],
  ]),
  authors: new Map([[alice, { keyset: 2, sha256: sha256(nextKeys.statement) }]]),
  legacy: new Map(),
  createdAt: '2026-03-02T08:00:00.000Z',
  updatedAt: '2026-03-02T08:00:00.000Z',
});

const log = noteSigner(
  'registry.example.org/log',
  'ed25519',
  Buffer.from(sha256('the log of the examples'), 'hex'),
);
const witnesses = [1, 2, 3].map((i) =>
  noteSigner(
    `witness${i}.example.org`,
    'cosignature/v1',
    Buffer.from(sha256(`witness ${i} of the examples`), 'hex'),
  ),
);
const logged = [firstKeys, nextKeys, signedRelease].map((one) => Buffer.from(one.statement));
const leaves = logged.map(leafHash);
const hashes: HashReader = (level, i) =>
  level === 0 ? leaves[i]! : nodeHash(hashes(level - 1, i * 2), hashes(level - 1, i * 2 + 1));
const head = formatCheckpoint({ origin: log.key.name, size: 3, root: treeRoot(3, hashes) });
const checkpoint = formatNote({
  text: head,
  signatures: [signNote(head, log), ...witnesses.slice(0, 2).map((one) => cosign(head, one, 1_772_366_400))],
});
const logPolicy = logPolicyText({
  log: { origin: log.key.name, keys: [formatVerifierKey(log.key)] },
  witnesses: witnesses.map(({ key }) => formatVerifierKey(key)),
  quorum: 2,
});

const examples: Record<string, string> = {
  checkpoint,
  'log-policy.txt': logPolicy,
  'release.tlog-proof': formatLogProof({ index: 2, path: proveInclusion(2, 3, hashes), checkpoint }),
  'keyset-1.json': firstKeys.statement,
  'keyset-1.json.sig': firstKeys.signatures.join(''),
  'keyset-2.json': nextKeys.statement,
  'keyset-2.json.sig': nextKeys.signatures.join(''),
  'release.json': signedRelease.statement,
  'release.json.sig': signedRelease.signatures.join(''),
  'change-1.json': tag,
  'change-1.json.sig': signed(tag, 'mlld-tag@v1', [laptop]).signatures.join(''),
  'proof.json': encodeProof(bundle),
  'index.ndjson': encodeIndex(index),
  'mlld-lock.json': lock,
  'registry.json': encodeRegistryInfo({
    v: 1,
    name: registry,
    title: 'Example',
    zone: 'modules.example.org',
    url: 'https://registry.example.org/',
    blobs: true,
    fileSources: false,
    mirrors: [],
    repository: 'https://github.com/alice/registry',
  }),
  'txt.txt': `${encodeTxt({
    kind: 'module',
    version: '1.2.0',
    sha256: parseSha256(entries[0]!.sha256),
    url: `${base}index.mld`,
  })}\n${encodeTxt({ kind: 'registry', url: 'https://registry.example.org/' })}\n`,
  allowed_signers: `alice namespaces="mlld-*" ${laptop.line}\nalice namespaces="mlld-*" ${desktop.line}\n`,
};

if (process.env.UPDATE_SPEC_EXAMPLES === '1') {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(examples)) writeFileSync(path.join(folder, file), text);
}

describe('the examples of docs/spec', () => {
  const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');

  it.each(Object.keys(examples))('%s is what the code writes', (file) => {
    expect(read(file)).toBe(examples[file]);
  });

  it('are all here', () => {
    const onDisk = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(onDisk.map((entry) => entry.name).sort()).toEqual(Object.keys(examples).sort());
  });

  it('verify from one end to the other', () => {
    const [found] = parseIndex(read('index.ndjson')).versions;
    const locked = parseLock(read('mlld-lock.json'));
    const verified = verifyRelease(parseProof(read('proof.json')), {
      registry,
      name,
      version: '1.2.0',
      digest: found!.digest,
      statement: found!.statement,
      pin: locked.authors.get(alice),
    });
    checkFiles(verified.release.files, files);
    expect(verified.signedBy).toBe(desktop.fingerprint);
    expect(locked.modules.get(name)!.statement).toBe(verified.statement);
    const entry = Buffer.from(read('release.json'));
    const policy = parseLogPolicy(read('log-policy.txt'));
    const { witnesses: seen } = verifyLogProof(parseLogProof(read('release.tlog-proof')), { entry, policy });
    expect([...seen.keys()]).toEqual(['w1', 'w2']);
  });
});

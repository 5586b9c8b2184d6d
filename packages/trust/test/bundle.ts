/** A well-formed author with a release, to break in tests. */
import {
  type Author,
  encodeStatement,
  type Keyset,
  type ModuleName,
  type ProofBundle,
  parseModuleName,
  type Release,
  type SignedText,
} from '@mlld/format';
import { digestOfFiles, sha256 } from '../src/index.ts';
import { ed25519Signer, type Signer, signed } from './signer.ts';

export const registry = 'registry.example.org';
export const alice = 'alice' as Author;
export const name: ModuleName = parseModuleName('@alice/strings');
export const files = new Map([
  ['index.mld', Buffer.from('/exe @shout(text) = js { return text.toUpperCase() }\n')],
  ['README.md', Buffer.from('# strings\n')],
]);

export function keyset(keys: readonly Signer[], change: Partial<Keyset> = {}): Keyset {
  return {
    type: 'keyset',
    v: 1,
    registry,
    author: alice,
    n: 1,
    threshold: 1,
    keys: keys.map(({ line }) => ({ key: `${line} alice@example.org` })),
    anchors: { github: { id: 1001, login: 'alice' } },
    createdAt: '2026-01-31T12:00:00Z',
    ...change,
  };
}

export function release(change: Partial<Release> = {}): Release {
  return {
    type: 'release',
    v: 1,
    registry,
    name,
    version: '1.2.0',
    kind: 'module',
    about: 'Text in other shapes',
    files: [...files].map(([path, bytes]) => ({ path, size: bytes.length, sha256: sha256(bytes) })),
    digest: digestOfFiles(files),
    entry: 'index.mld',
    source: {
      type: 'directory',
      baseUrl: 'https://example.org/strings',
      files: [...files.keys()],
      entryPoint: 'index.mld',
      contentHash: sha256('any'),
    },
    sources: ['https://example.org/strings/'],
    imports: new Map(),
    exports: [],
    needs: ['js'],
    dependencies: {},
    license: 'CC0',
    keywords: [],
    publishedAt: '2026-02-01T12:00:00Z',
    ...change,
  };
}

export const signKeyset = (one: Keyset, signers: readonly Signer[]): SignedText =>
  signed(encodeStatement(one), 'mlld-keyset@v1', signers);

export const signRelease = (one: Release, signers: readonly Signer[]): SignedText =>
  signed(encodeStatement(one), 'mlld-release@v1', signers);

/** A chain of `length` keysets of one key each; number i + 1 is signed by number i. */
export function chain(length: number): { signers: Signer[]; texts: SignedText[] } {
  const signers = Array.from({ length }, () => ed25519Signer());
  const texts = signers.map((one, i) =>
    signKeyset(keyset([one], { n: i + 1 }), [signers[Math.max(0, i - 1)]!]),
  );
  return { signers, texts };
}

export function bundle(text: SignedText, keysets: readonly SignedText[]): ProofBundle {
  return { v: 1, ...text, keysets };
}

/** Reading one version file: a signed release, or a record of today's registry. */
import {
  authorOf,
  contentDigest,
  decode as d,
  decodeRelease,
  decodeVersionRecord,
  isStatement,
  layout,
  locate,
  type ModuleName,
  parseJson,
  type Release,
  type StatementType,
  signatureNamespace,
} from '@mlld/format';
import { inForce, sha256, signersOf } from '@mlld/trust';
import { type Finding, finding, findingOf } from '../finding.ts';
import { readSignatures, readStatement, type StatementFile } from './files.ts';
import type { AuthorKeys, ReadRelease, SignedRelease } from './model.ts';
import type { Tree } from './tree.ts';

export interface ReadContext {
  /** Identity of the registry. */
  readonly registry: string;
  /** Whether releases may name `file:` sources. */
  readonly fileSources: boolean;
  readonly keysOf: (author: string) => AuthorKeys;
  /** Releases whose signatures were verified in this run. */
  readonly verified: VerifiedReleases;
}

/** Numbers of the keysets that signed, by path and hashes of the statement and its signatures. */
export type VerifiedReleases = Map<string, number>;

/** Reads `<version>.json` and its signature; undefined and findings if it is not to be used. */
export function readRelease(
  tree: Tree,
  subject: { readonly name: ModuleName; readonly version: string },
  context: ReadContext,
): { readonly release?: ReadRelease; readonly findings: readonly Finding[] } {
  const file = layout.release(subject.name, subject.version);
  let statement: StatementFile | undefined;
  try {
    statement = readStatement(tree, file);
    if (statement === undefined) return { findings: [] };
    const value = d.object(parseJson(statement.text, { where: file }), `${file}: $`);
    if (isStatement(value)) {
      const release = decodeRelease(value, file);
      return checkSigned(tree, { ...statement, release, subject }, context);
    }
    const record = decodeVersionRecord(value, file);
    const findings: Finding[] = [];
    if (record.version !== subject.version)
      findings.push(misplaced(statement, '$.version', subject.version, record.version));
    findings.push(...checkLocation(statement, () => locate(record.source)));
    findings.push(...checkScheme(statement, '$.source', [locate(record.source).base], context));
    return usable({ kind: 'record', ...statement, version: subject.version, record }, findings);
  } catch (error) {
    return { findings: [findingOf('release/shape', { file, text: statement?.text }, error)] };
  }
}

interface Signed extends StatementFile {
  readonly release: Release;
  readonly subject: { readonly name: ModuleName; readonly version: string };
}

function checkSigned(tree: Tree, signed: Signed, context: ReadContext) {
  const { release, subject, file, text } = signed;
  const findings: Finding[] = [];
  const place = (path: string) => ({ file, path, text });
  if (release.name !== subject.name) findings.push(misplaced(signed, '$.name', subject.name, release.name));
  if (release.version !== subject.version)
    findings.push(misplaced(signed, '$.version', subject.version, release.version));
  if (release.registry !== context.registry) {
    const message = `wanted a statement for ${context.registry}, found one for ${release.registry}`;
    findings.push(finding('registry/other', place('$.registry'), message));
  }
  const digest = contentDigest(release.files, sha256);
  if (digest !== release.digest) {
    findings.push(
      finding('release/digest', place('$.digest'), `the files give ${digest}, found ${release.digest}`),
    );
  }
  findings.push(...checkLocation(signed, () => locate(release.source)));
  findings.push(...checkScheme(signed, '$.sources', release.sources, context));
  const keyset = findings.length === 0 ? signingKeyset(tree, signed, context, findings) : undefined;
  if (keyset === undefined) return { findings };
  const { signatures, n } = keyset;
  const read: SignedRelease = {
    kind: 'signed',
    file,
    text,
    sha256: signed.sha256,
    version: subject.version,
    release,
    signatures,
    keyset: n,
  };
  return usable(read, findings);
}

function signingKeyset(
  tree: Tree,
  { file, text, release, sha256: hash }: Signed,
  context: ReadContext,
  findings: Finding[],
) {
  try {
    const signatures = readSignatures(tree, layout.signature(file));
    const key = `${file} ${hash} ${sha256(signatures.join(''))}`;
    const n = context.verified.get(key);
    if (n !== undefined) return { signatures, n };
    const { keysets } = context.keysOf(authorOf(release.name));
    for (const { keyset, keys, cancelled } of keysets) {
      if (cancelled === true) continue;
      const signed = { statement: text, signatures };
      if (signersOf(signed, { namespace: signatureNamespace('release'), keys, where: file }).length > 0) {
        context.verified.set(key, keyset.n);
        return { signatures, n: keyset.n };
      }
    }
    const found = signatures.length === 0 ? 'no signature' : 'signatures by other keys only';
    const message =
      keysets.length === 0
        ? `${authorOf(release.name)} has no keyset in this registry`
        : `wanted a signature by a key of ${authorOf(release.name)}, found ${found}`;
    findings.push(finding('release/signature', { file, text }, message));
  } catch (error) {
    findings.push(findingOf('release/signature', { file, text }, error));
  }
  return undefined;
}

function usable(release: ReadRelease, findings: readonly Finding[]) {
  return findings.some(({ severity }) => severity === 'error') ? { findings } : { release, findings };
}

function misplaced({ file, text }: StatementFile, path: string, wanted: string, found: string): Finding {
  return finding('name/path', { file, path, text }, `the path says ${wanted}, the file says ${found}`);
}

function checkLocation({ file, text }: StatementFile, run: () => unknown): Finding[] {
  try {
    run();
    return [];
  } catch (error) {
    return [findingOf('source/shape', { file, text, path: '$.source.url' }, error)];
  }
}

function checkScheme(
  { file, text }: StatementFile,
  path: string,
  urls: readonly string[],
  { fileSources }: ReadContext,
): Finding[] {
  return urls
    .filter((url) => url.startsWith('file:') && !fileSources)
    .map((url) =>
      finding('source/shape', { file, text, path }, `${url}: this registry allows no file: sources`),
    );
}

/** Whether a key of an author's newest keyset in effect signed: what is new has to, what is old may be by older keys. */
export function isSignedByNewest(
  {
    file,
    text,
    signatures,
  }: { readonly file: string; readonly text: string; readonly signatures: readonly string[] },
  type: StatementType,
  keysets: AuthorKeys['keysets'],
): boolean {
  const keys = inForce(keysets, Date.now())?.keys;
  if (keys === undefined) return false;
  const namespace = signatureNamespace(type);
  return signersOf({ statement: text, signatures }, { namespace, keys, where: file }).length > 0;
}

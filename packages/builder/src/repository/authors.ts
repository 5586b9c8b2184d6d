/** An author's keysets in a repository. */
import { type Author, layout, limits, type SignedText } from '@mlld/format';
import { type RecoveryContext, type VerifiedKeyset, verifyKeysets } from '@mlld/trust';
import { type Finding, finding, findingOf } from '../finding.ts';
import { readSignatures, readStatement } from './files.ts';
import type { AuthorKeys } from './model.ts';
import type { Tree } from './tree.ts';

/** What judges the keysets of a repository. */
export interface KeysContext {
  readonly registry: string;
  readonly recovery: RecoveryContext;
}

/** Reads and verifies an author's chain: what comes after the first break is not used. */
export function readAuthorKeys(tree: Tree, author: Author, { registry, recovery }: KeysContext): AuthorKeys {
  const findings: Finding[] = [];
  const chain = readChain(tree, author, findings);
  for (let length = chain.length; length > 0; length--) {
    try {
      const keysets = verifyKeysets(chain.slice(0, length), { registry, author, recovery });
      return { author, chain: chain.slice(0, length), keysets: keysets.map(known), findings };
    } catch (error) {
      const file = layout.keyset(author, length);
      if (length === chain.length || findings.at(-1)?.file !== file)
        findings.push(findingOf('keyset/chain', { file, text: chain[length - 1]?.statement }, error));
    }
  }
  return { author, chain: [], keysets: [], findings };
}

const known = ({ sha256: _hash, ...keyset }: VerifiedKeyset) => keyset;

function readChain(tree: Tree, author: Author, findings: Finding[]): SignedText[] {
  const numbers = keysetNumbers(tree, author, findings);
  const chain: SignedText[] = [];
  for (const [i, n] of numbers.entries()) {
    const file = layout.keyset(author, n);
    if (n !== i + 1) {
      findings.push(finding('keyset/chain', { file }, `keyset ${i + 1} of ${author} is missing`));
      break;
    }
    try {
      const statement = readStatement(tree, file);
      if (statement === undefined) break;
      chain.push({ statement: statement.text, signatures: readSignatures(tree, layout.signature(file)) });
    } catch (error) {
      findings.push(findingOf('keyset/shape', { file }, error));
      break;
    }
  }
  return chain;
}

function keysetNumbers(tree: Tree, author: Author, findings: Finding[]): number[] {
  const folder = layout.keysetFolder(author);
  const entries = tree.list(folder);
  const names = new Set(entries.map(({ name }) => name));
  const numbers: number[] = [];
  for (const { name, kind } of entries) {
    const file = `${folder}/${name}`;
    const n = /^([1-9]\d{0,5})\.json(?:\.sig)?$/.exec(name)?.[1];
    if (kind !== 'file') findings.push(finding('file/special', { file }, `${name} is no regular file`));
    else if (n === undefined || Number(n) > limits.keysetChain)
      findings.push(finding('file/unknown', { file }, `${name} is no file of a chain of keysets`));
    else if (!name.endsWith('.sig')) numbers.push(Number(n));
    else if (!names.has(`${n}.json`))
      findings.push(finding('signature/shape', { file }, `there is no ${n}.json beside it`));
  }
  return numbers.sort((a, b) => a - b);
}

/** Reading statements and their signature files. */
import { decodeUtf8, limits, type Sha256Hex } from '@mlld/format';
import { sha256, splitSignatures } from '@mlld/trust';
import type { Tree } from './tree.ts';

export interface StatementFile {
  readonly file: string;
  readonly text: string;
  readonly sha256: Sha256Hex;
}

/** A statement's bytes as text. Undefined if there is no such file. @throws RegistryError TOO_LARGE, BAD_JSON */
export function readStatement(tree: Tree, file: string): StatementFile | undefined {
  const bytes = tree.read(file, limits.statementBytes);
  if (bytes === undefined) return undefined;
  return { file, text: decodeUtf8(bytes, file), sha256: sha256(bytes) };
}

/** The signatures of a `.sig` file, each in its armour; none if there is no file. @throws RegistryError TOO_LARGE, BAD_SIGNATURE */
export function readSignatures(tree: Tree, file: string): string[] {
  const bytes = tree.read(file, limits.signatureBytes * limits.signaturesPerStatement);
  return bytes === undefined ? [] : splitSignatures(decodeUtf8(bytes, file), file);
}

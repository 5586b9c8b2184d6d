/** Reading statements and their signature files. */
import { decodeUtf8, limits, RegistryError, type Sha256Hex } from '@mlld/format';
import { sha256 } from '@mlld/trust';
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

const armour = /-----BEGIN SSH SIGNATURE-----\n[A-Za-z0-9+/=\n]+-----END SSH SIGNATURE-----\n?/y;

/** The signatures of a `.sig` file, each in its armour; none if there is no file. @throws RegistryError TOO_LARGE, BAD_SIGNATURE */
export function readSignatures(tree: Tree, file: string): string[] {
  const bytes = tree.read(file, limits.signatureBytes * limits.signaturesPerStatement);
  return bytes === undefined ? [] : splitSignatures(decodeUtf8(bytes, file), file);
}

/** @throws RegistryError BAD_SIGNATURE */
export function splitSignatures(text: string, where: string): string[] {
  const signatures: string[] = [];
  armour.lastIndex = 0;
  while (armour.lastIndex < text.length) {
    const found = armour.exec(text)?.[0];
    if (found === undefined || signatures.length >= limits.signaturesPerStatement) {
      throw new RegistryError(
        'BAD_SIGNATURE',
        `${where}: wanted at most ${limits.signaturesPerStatement} signatures in the armour of ssh-keygen and nothing else`,
      );
    }
    signatures.push(found.endsWith('\n') ? found : `${found}\n`);
  }
  return signatures;
}

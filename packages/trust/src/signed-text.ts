/** A statement as a registry keeps it: its bytes in one file, the signatures in the armour of ssh-keygen beside it. */
import { decodeUtf8, layout, limits, RegistryError, type SignedText } from '@mlld/format';

/** A registry's file as bytes, at most so many of them; undefined if there is none. */
export type ReadFile = (path: string, maxBytes: number) => Promise<Uint8Array | undefined>;

/** The statement at `path` with its signatures; undefined if one of the two is missing. @throws RegistryError BAD_SIGNATURE */
export async function readSignedText(path: string, read: ReadFile): Promise<SignedText | undefined> {
  const beside = layout.signature(path);
  const [statement, signatures] = await Promise.all([
    read(path, limits.statementBytes),
    read(beside, limits.signatureBytes * limits.signaturesPerStatement),
  ]);
  if (statement === undefined || signatures === undefined) return undefined;
  return {
    statement: decodeUtf8(statement, path),
    signatures: splitSignatures(decodeUtf8(signatures, beside), beside),
  };
}

const armour = /-----BEGIN SSH SIGNATURE-----\n[A-Za-z0-9+/=\n]+-----END SSH SIGNATURE-----\n?/y;

/** The signatures of a `.sig` file, which stand one after the other, and nothing else. @throws RegistryError BAD_SIGNATURE */
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

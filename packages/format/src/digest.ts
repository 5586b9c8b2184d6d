/**
 * Content digests (docs/spec/digests.md). Hash functions are passed in: the same code runs in a browser.
 */
import { printable, RegistryError } from './errors.ts';

/** 64 lower-case hex digits. */
export type Sha256Hex = string & { readonly sha256: true };

/** A synchronous sha256 over bytes or UTF-8 text, as lower-case hex. */
export type Sha256 = (data: Uint8Array | string) => string;

const hex64 = /^[0-9a-f]{64}$/;

export function isSha256(text: string): text is Sha256Hex {
  return hex64.test(text);
}

/** Parses 64 hex digits, with or without `sha256:` before them. @throws RegistryError BAD_DIGEST */
export function parseSha256(text: string): Sha256Hex {
  const bare = text.startsWith('sha256:') ? text.slice('sha256:'.length) : text;
  if (!isSha256(bare)) {
    throw new RegistryError(
      'BAD_DIGEST',
      `wanted 64 lower-case hex digits of a sha256, found '${printable(text, 80)}'`,
    );
  }
  return bare;
}

/** The prefix that a `sha256:` or bare-hex selector names (8 to 64 digits), or undefined. */
export function parseHashPrefix(text: string): string | undefined {
  const bare = text.startsWith('sha256:') ? text.slice('sha256:'.length) : text;
  return /^[0-9a-f]{8,64}$/.test(bare) ? bare : undefined;
}

/** A file of a module, by hash. */
export interface FileHash {
  readonly path: string;
  readonly sha256: string;
}

/**
 * The content digest of a module: sha256 over the lines `<sha256>  <path>\n`, sorted by the bytes of the line's path
 * (digests.md §1). The form is what `sha256sum` prints, so anyone can recompute it.
 */
export function contentDigest(files: readonly FileHash[], sha256: Sha256): Sha256Hex {
  const sorted = [...files].sort((a, b) => compareBytes(a.path, b.path));
  return sha256(sorted.map((file) => `${file.sha256}  ${file.path}\n`).join('')) as Sha256Hex;
}

/**
 * The `contentHash` of today's mlld (digests.md §2): of one file its own hash; of a directory the hash of the lines
 * `path:hash`, sorted as English text sorts and joined by newlines.
 */
export function legacyContentHash(
  files: readonly FileHash[],
  shape: 'file' | 'directory',
  sha256: Sha256,
): Sha256Hex {
  const only = files[0];
  if (shape === 'file' && only !== undefined && files.length === 1) return only.sha256 as Sha256Hex;
  const sorted = [...files].sort((a, b) => a.path.localeCompare(b.path, 'en'));
  return sha256(sorted.map((file) => `${file.path}:${file.sha256}`).join('\n')) as Sha256Hex;
}

/** Order by bytes. Paths are ASCII (names.md §5), where the order of UTF-16 units is the order of bytes. */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

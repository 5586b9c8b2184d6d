/**
 * Strict base64 (RFC 4648 §4, with §3.5): padded, no line breaks, unused bits zero. One text for one value, so that two
 * spellings of a key or a signature can't count as two.
 */

/** The bytes, or undefined for anything but the canonical encoding. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

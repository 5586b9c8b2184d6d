/** Bytes, hashes and the wire encoding of SSH (RFC 4251 §5), with what every browser has. */

export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function digest(name: 'SHA-256' | 'SHA-512', data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(name, data as BufferSource));
}

export async function sha256Hex(data: Uint8Array | string): Promise<string> {
  return hex(await digest('SHA-256', typeof data === 'string' ? new TextEncoder().encode(data) : data));
}

/** @throws Error for what is no canonical base64 */
export function fromBase64(text: string): Uint8Array {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  if (toBase64(bytes) !== text) throw new Error('no canonical base64');
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export interface Wire {
  uint32(): number;
  string(): Uint8Array;
  text(): string;
  raw(length: number): Uint8Array;
  readonly left: number;
}

export function readWire(bytes: Uint8Array): Wire {
  let at = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wire: Wire = {
    uint32() {
      const value = view.getUint32(at);
      at += 4;
      return value;
    },
    raw(length) {
      if (at + length > bytes.length) throw new Error('the data ends too early');
      at += length;
      return bytes.subarray(at - length, at);
    },
    string: () => wire.raw(wire.uint32()),
    text: () => new TextDecoder('utf-8', { fatal: true }).decode(wire.string()),
    get left() {
      return bytes.length - at;
    },
  };
  return wire;
}

export function wireString(data: Uint8Array | string): Uint8Array {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(length, bytes);
}

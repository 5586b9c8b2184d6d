/** Whole numbers and texts in bytes: LEB128 without signs, and UTF-8 with its length in front. */
import { RegistryError } from '@mlld/format';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export interface ByteWriter {
  uint(value: number): void;
  byte(value: number): void;
  text(value: string): void;
  bytes(value: Uint8Array): void;
  readonly size: number;
  done(): Uint8Array;
}

export function byteWriter(room = 1024): ByteWriter {
  let buffer = new Uint8Array(room);
  let size = 0;
  const reserve = (more: number): void => {
    if (size + more <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, size + more));
    larger.set(buffer.subarray(0, size));
    buffer = larger;
  };
  const uint = (value: number): void => {
    reserve(8);
    let rest = value;
    while (rest >= 128) {
      buffer[size++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    buffer[size++] = rest;
  };
  const bytes = (value: Uint8Array): void => {
    reserve(value.length);
    buffer.set(value, size);
    size += value.length;
  };
  return {
    uint,
    bytes,
    byte: (value) => {
      reserve(1);
      buffer[size++] = value;
    },
    text: (value) => {
      const encoded = encoder.encode(value);
      uint(encoded.length);
      bytes(encoded);
    },
    get size() {
      return size;
    },
    done: () => buffer.slice(0, size),
  };
}

export interface ByteReader {
  uint(): number;
  byte(): number;
  text(): string;
  bytes(length: number): Uint8Array;
  /** So many numbers, each as its gap to the one before. */
  ascending(length: number): Uint32Array;
  /** A count of things of at least one byte each: never more than there can be. */
  count(): number;
  readonly rest: number;
}

/** Every read is inside of the bytes. @throws RegistryError BAD_SHAPE */
export function byteReader(bytes: Uint8Array, where: string): ByteReader {
  let at = 0;
  const bad = (): RegistryError =>
    new RegistryError('BAD_SHAPE', `${where}: the file is cut short or damaged`);
  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw bad();
    return value;
  };
  const uint = (): number => {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 7; i++) {
      const one = byte();
      value += (one & 127) * scale;
      if (one < 128) return value;
      scale *= 128;
    }
    throw bad();
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw bad();
    at += length;
    return bytes.subarray(at - length, at);
  };
  return {
    byte,
    uint,
    bytes: take,
    text: () => {
      try {
        return decoder.decode(take(uint()));
      } catch {
        throw bad();
      }
    },
    ascending: (length) => {
      if (length > bytes.length - at) throw bad();
      const numbers = new Uint32Array(length);
      let last = 0;
      for (let i = 0; i < length; i++) {
        // Most gaps are one byte.
        const one = bytes[at] ?? 128;
        if (one < 128) at++;
        last += one < 128 ? one : uint();
        numbers[i] = last;
      }
      return numbers;
    },
    count: () => {
      const value = uint();
      if (value > bytes.length - at) throw bad();
      return value;
    },
    get rest() {
      return bytes.length - at;
    },
  };
}

/** Makes raw DEFLATE bytes whole again. @throws RegistryError BAD_SHAPE, TOO_LARGE */
export type Inflate = (bytes: Uint8Array, where: string) => Promise<Uint8Array> | Uint8Array;

/** Most bytes that a file of the index has when it is inflated. */
export const inflatedBytes = 64 * 1024 * 1024;

/** With what browsers and Node have. @throws RegistryError BAD_SHAPE, TOO_LARGE */
export async function inflate(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  // A failure is told by the reading side.
  writer.write(bytes as Uint8Array<ArrayBuffer>).catch(() => {});
  writer.close().catch(() => {});
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (const reader = stream.readable.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value as Uint8Array);
      size += (value as Uint8Array).length;
      if (size > inflatedBytes)
        throw new RegistryError('TOO_LARGE', `${where}: larger than ${inflatedBytes} bytes`);
    }
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError('BAD_SHAPE', `${where}: wanted deflated bytes`, { cause });
  }
  return joined(parts, size);
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Bounds the memory of a WebAssembly file (WebAssembly Core 2.0 §5.5): its memory section says how far it may grow. */
import { MlldError } from './errors.ts';

const pageSize = 65_536;
const memorySection = 5;

/** The same module, with a memory that stays below `maxMemory` bytes. @throws MlldError `CODE_FAILED`, `MEMORY_LIMIT` */
export function withBoundedMemory(bytes: Uint8Array, maxMemory: number): Uint8Array<ArrayBuffer> {
  const most = Math.floor(maxMemory / pageSize);
  const reader = { bytes, at: 8 };
  while (reader.at < bytes.length) {
    const start = reader.at;
    const id = bytes[reader.at++]!;
    const size = readNumber(reader);
    const end = reader.at + size;
    if (end > bytes.length) throw damaged();
    if (id === memorySection) {
      const section = boundedSection(reader, most);
      return concat([bytes.subarray(0, start), section, bytes.subarray(end)]);
    }
    reader.at = end;
  }
  return concat([bytes]);
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function boundedSection(reader: Reader, most: number): Uint8Array {
  const count = readNumber(reader);
  if (count !== 1) throw new MlldError('CODE_FAILED', `wanted one memory in the WebAssembly, found ${count}`);
  const flags = reader.bytes[reader.at++]!;
  // Shared and 64-bit memories are no part of what a module may use.
  if (flags > 1) throw new MlldError('CODE_FAILED', 'wanted a plain memory in the WebAssembly');
  const least = readNumber(reader);
  const max = flags === 1 ? readNumber(reader) : most;
  if (least > most)
    throw new MlldError(
      'MEMORY_LIMIT',
      `the WebAssembly starts with ${least} pages of memory, more than ${most}`,
    );
  const content = [1, 1, ...number(least), ...number(Math.min(max, most))];
  return Uint8Array.from([memorySection, ...number(content.length), ...content]);
}

/** LEB128, unsigned, 32 bits. */
function readNumber(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw damaged();
}

function number(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) + 128, ...number(rest)];
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function damaged(): MlldError {
  return new MlldError('CODE_FAILED', 'the WebAssembly file is damaged');
}

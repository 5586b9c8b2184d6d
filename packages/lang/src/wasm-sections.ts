/** The sections of a WebAssembly file (WebAssembly Core 2.0 §5.5). */
import { MlldError } from './errors.ts';

/** Of the sections, those that somebody here looks into. */
export const sectionId = { custom: 0, function: 3, memory: 5, dataCount: 12, code: 10 } as const;

export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

const header = 8;

/** @throws MlldError `CODE_FAILED` */
export function sectionsOf(bytes: Uint8Array): Section[] {
  const reader = { bytes, at: header };
  const sections: Section[] = [];
  while (reader.at < bytes.length) {
    const id = bytes[reader.at++]!;
    const size = readNumber(reader);
    const end = reader.at + size;
    if (end > bytes.length) throw damaged();
    sections.push({ id, content: bytes.subarray(reader.at, end) });
    reader.at = end;
  }
  return sections;
}

/** The file that `bytes` is, with these sections. */
export function withSections(bytes: Uint8Array, sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const parts = sections.flatMap(({ id, content }) => [
    Uint8Array.of(id, ...number(content.length)),
    content,
  ]);
  return concat([bytes.subarray(0, header), ...parts]);
}

// ---- numbers and names inside of a section

export interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** LEB128, unsigned, 32 bits. @throws MlldError `CODE_FAILED` */
export function readNumber(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw damaged();
}

export function number(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) + 128, ...number(rest)];
}

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function damaged(): MlldError {
  return new MlldError('CODE_FAILED', 'the WebAssembly file is damaged');
}

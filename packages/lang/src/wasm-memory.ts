/** Bounds the memory of a WebAssembly file: its memory section says how far it may grow. */
import { MlldError } from './errors.ts';
import { number, readNumber, sectionId, sectionsOf, withSections } from './wasm-sections.ts';

const pageSize = 65_536;

/** The same module, with a memory that stays below `maxMemory` bytes. @throws MlldError `CODE_FAILED`, `MEMORY_LIMIT` */
export function withBoundedMemory(bytes: Uint8Array, maxMemory: number): Uint8Array<ArrayBuffer> {
  const most = Math.floor(maxMemory / pageSize);
  const bounded = sectionsOf(bytes).map((section) =>
    section.id === sectionId.memory ? { ...section, content: boundedMemory(section.content, most) } : section,
  );
  return withSections(bytes, bounded);
}

function boundedMemory(content: Uint8Array, most: number): Uint8Array {
  const reader = { bytes: content, at: 0 };
  const count = readNumber(reader);
  if (count !== 1) throw new MlldError('CODE_FAILED', `wanted one memory in the WebAssembly, found ${count}`);
  const flags = readNumber(reader);
  // Shared and 64-bit memories are no part of what a module may use.
  if (flags > 1) throw new MlldError('CODE_FAILED', 'wanted a plain memory in the WebAssembly');
  const least = readNumber(reader);
  const max = flags === 1 ? readNumber(reader) : most;
  if (least > most)
    throw new MlldError(
      'MEMORY_LIMIT',
      `the WebAssembly starts with ${least} pages of memory, more than ${most}`,
    );
  return Uint8Array.of(1, 1, ...number(least), ...number(Math.min(max, most)));
}

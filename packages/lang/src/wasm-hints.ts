/**
 * Marks in a WebAssembly file which of its functions V8 is to compile at once, and which when they are first called: the
 * section `compilationHints` (github.com/WebAssembly/compilation-hints, as V8 11 and 12 read it). Every other reader passes over it.
 */
import { concat, damaged, number, readNumber, sectionId, sectionsOf, withSections } from './wasm-sections.ts';

const sectionName = new TextEncoder().encode('compilationHints');

/** When to compile, then by which compiler at first and later: 0 is left to V8, 1 the quick one. */
const hint = { late: 0b00_00_01, now: 0b01_01_10 } as const;

/**
 * The same module with these marks and without custom sections of its own, of which only debuggers read more than that. @param now functions to be compiled at once, counted among the file's own: without imported ones
 * @throws MlldError `CODE_FAILED`
 */
export function withHints(bytes: Uint8Array, now: ReadonlySet<number>): Uint8Array<ArrayBuffer> {
  const sections = sectionsOf(bytes).filter(({ id }) => id !== sectionId.custom);
  const functions = sections.find(({ id }) => id === sectionId.function);
  if (functions === undefined) return withSections(bytes, sections);
  const count = readNumber({ bytes: functions.content, at: 0 });
  // Each has at least a byte.
  if (count >= functions.content.length) throw damaged();
  const hints = Uint8Array.from({ length: count }, (_, i) => (now.has(i) ? hint.now : hint.late));
  const content = concat([
    Uint8Array.of(sectionName.length),
    sectionName,
    Uint8Array.from(number(count)),
    hints,
  ]);
  // V8 wants it between the functions' types and their code.
  const at = sections.findIndex(({ id }) => id === sectionId.dataCount || id === sectionId.code);
  return withSections(
    bytes,
    sections.toSpliced(at < 0 ? sections.length : at, 0, { id: sectionId.custom, content }),
  );
}

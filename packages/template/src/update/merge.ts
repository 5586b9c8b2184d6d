/** Three-way merge: what a newer template changes, put into a project that has changed too (docs/spec/templates.md §7). Pure. */
import { diff3Merge } from 'node-diff3';
import type { ProjectFiles } from '../render/render.ts';

export type Outcome =
  | 'unchanged'
  /** Only the template changed it. */
  | 'updated'
  | 'added'
  | 'removed'
  /** Both changed it, in different places. */
  | 'merged'
  /** Both changed the same lines: both are in the file, with marks. */
  | 'conflict'
  /** No text to put marks in: the project's stays, the template's is beside it. */
  | 'beside'
  /** One took it away, the other changed it: the project's stays as it is. */
  | 'kept';

export interface MergedFile {
  readonly path: string;
  readonly outcome: Outcome;
  readonly why?: string;
}

export interface Merge {
  readonly files: readonly MergedFile[];
  /** What is to be written; undefined: taken away. */
  readonly changes: ReadonlyMap<string, Uint8Array | undefined>;
}

export interface MergeInput {
  /** What the version that the project was made from gives for its answers. */
  readonly base: ProjectFiles;
  /** What the newer version gives. */
  readonly theirs: ProjectFiles;
  /** What stands in the project, of the paths of both. */
  readonly ours: ProjectFiles;
  /** How the template's side is called in marks. */
  readonly label: string;
}

/** Lines of a file up to which it is merged line by line: the longest common subsequence costs their product. */
const mostLines = 20_000;

export function mergeProjects({ base, theirs, ours, label }: MergeInput): Merge {
  const changes = new Map<string, Uint8Array | undefined>();
  const files = [...new Set([...base.keys(), ...theirs.keys()])].sort().map((path): MergedFile => {
    const sides = { base: base.get(path), theirs: theirs.get(path), ours: ours.get(path) };
    const { outcome, content, why } = mergeFile(sides, label);
    if (content !== undefined) changes.set(outcome === 'beside' ? `${path}.theirs` : path, content);
    if (outcome === 'removed') changes.set(path, undefined);
    return why === undefined ? { path, outcome } : { path, outcome, why };
  });
  return { files, changes };
}

interface Sides {
  readonly base: Uint8Array | undefined;
  readonly theirs: Uint8Array | undefined;
  readonly ours: Uint8Array | undefined;
}

interface Decision {
  readonly outcome: Outcome;
  readonly content?: Uint8Array;
  readonly why?: string;
}

function mergeFile({ base, theirs, ours }: Sides, label: string): Decision {
  if (same(theirs, base) || same(ours, theirs)) return { outcome: 'unchanged' };
  if (theirs === undefined)
    return same(ours, base)
      ? { outcome: 'removed' }
      : { outcome: 'kept', why: 'the template no longer has it, and it was changed here' };
  if (ours === undefined)
    return base === undefined
      ? { outcome: 'added', content: theirs }
      : { outcome: 'kept', why: 'the template changed it, and it was removed here' };
  if (same(ours, base)) return { outcome: 'updated', content: theirs };
  const texts = [ours, base ?? new Uint8Array(), theirs].map(textOf);
  const [mine, common, other] = texts;
  if (mine === undefined || common === undefined || other === undefined)
    return { outcome: 'beside', content: theirs, why: 'it is no text; the new one is beside it, as .theirs' };
  return mergeTexts({ mine, common, other }, label);
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    const text = decoder.decode(bytes);
    return text.split('\n', mostLines + 1).length > mostLines ? undefined : text;
  } catch {
    return undefined;
  }
}

interface Texts {
  readonly mine: string;
  readonly common: string;
  readonly other: string;
}

/** The line ends are those of the project: an editor may have changed them all. */
function mergeTexts({ mine, common, other }: Texts, label: string): Decision {
  const end = /\r\n/.test(mine) ? '\r\n' : '\n';
  const lines = (text: string) => text.replaceAll('\r\n', '\n').split(/(?<=\n)/);
  const regions = diff3Merge(lines(mine), lines(common), lines(other), { excludeFalseConflicts: true });
  let conflicts = 0;
  const merged = regions.flatMap(({ ok, conflict }) => {
    if (ok !== undefined) return ok;
    if (conflict === undefined) return [];
    conflicts++;
    return [
      `${marks.ours}\n`,
      ...closed(conflict.a),
      `${marks.middle}\n`,
      ...closed(conflict.b),
      `${marks.theirs} ${label}\n`,
    ];
  });
  const content = new TextEncoder().encode(merged.join('').replaceAll('\n', end));
  return conflicts === 0
    ? { outcome: 'merged', content }
    : {
        outcome: 'conflict',
        content,
        why: `${conflicts} ${conflicts === 1 ? 'conflict is' : 'conflicts are'} marked in it`,
      };
}

const marks = { ours: '<<<<<<< yours', middle: '=======', theirs: '>>>>>>>' } as const;

/** A mark stands on a line of its own, also behind a last line without an end. */
function closed(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== '').map((line) => (line.endsWith('\n') ? line : `${line}\n`));
}

/** Whether marks of an earlier merge are still in a file. */
export function hasMarks(bytes: Uint8Array): boolean {
  const text = textOf(bytes);
  return text !== undefined && /^<<<<<<< yours\r?$/m.test(text) && /^>>>>>>> \S/m.test(text);
}

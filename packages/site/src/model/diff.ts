/** What differs between two versions of a module. Pure: the builder and the browser compute the same. */
import type { CapabilityView, ModuleView } from './view.ts';

/** What is compared, without texts: `facts.json` of a version. */
export interface VersionFacts {
  readonly version: string;
  readonly files: readonly {
    readonly path: string;
    readonly size?: number | undefined;
    readonly sha256?: string | undefined;
  }[];
  /** Signatures by name. */
  readonly exports: readonly { readonly name: string; readonly signature: string }[];
  readonly capabilities: readonly CapabilityView[];
  readonly needs: readonly string[];
  readonly imports: readonly { readonly name: string; readonly selector: string }[];
}

export type Texts = (sha256: string) => string | undefined;

export interface LineChange {
  readonly kind: 'same' | 'added' | 'removed' | 'skip';
  readonly text: string;
}

export interface FileDiff {
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly lines: readonly LineChange[];
  /** Why there are no lines. */
  readonly note?: string | undefined;
}

export interface ListDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface VersionDiff {
  readonly from: string;
  readonly to: string;
  readonly exports: ListDiff;
  readonly capabilities: ListDiff;
  readonly needs: ListDiff;
  readonly imports: ListDiff;
  readonly files: readonly FileDiff[];
  readonly unchanged: number;
}

export function factsOf(
  view: ModuleView,
  signature: (one: ModuleView['exports'][number]) => string,
): VersionFacts {
  return {
    version: view.version,
    files: view.files,
    exports: view.exports.map((one) => ({ name: one.name, signature: signature(one) })),
    capabilities: view.capabilities,
    needs: view.needs,
    imports: view.imports,
  };
}

export function diffVersions(from: VersionFacts, to: VersionFacts, texts: Texts): VersionDiff {
  const before = new Map(from.files.map((file) => [file.path, file]));
  const after = new Map(to.files.map((file) => [file.path, file]));
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  const files = paths.flatMap((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    if (old?.sha256 === now?.sha256 && old !== undefined && now !== undefined) return [];
    return [fileDiff(path, { old: old?.sha256, now: now?.sha256, texts })];
  });
  return {
    from: from.version,
    to: to.version,
    exports: listDiff(from.exports.map(signatureText), to.exports.map(signatureText)),
    capabilities: listDiff(from.capabilities.map(capabilityText), to.capabilities.map(capabilityText)),
    needs: listDiff(from.needs, to.needs),
    imports: listDiff(from.imports.map(importText), to.imports.map(importText)),
    files,
    unchanged: paths.length - files.length,
  };
}

const signatureText = ({ signature }: VersionFacts['exports'][number]) => signature;
const capabilityText = ({ kind, name }: CapabilityView) => `${kind} ${name}`;
const importText = ({ name, selector }: VersionFacts['imports'][number]) => `${name} ${selector}`;

function listDiff(before: readonly string[], after: readonly string[]): ListDiff {
  const [old, now] = [new Set(before), new Set(after)];
  return { added: after.filter((one) => !old.has(one)), removed: before.filter((one) => !now.has(one)) };
}

interface FileInput {
  readonly old: string | undefined;
  readonly now: string | undefined;
  readonly texts: Texts;
}

function fileDiff(path: string, { old, now, texts }: FileInput): FileDiff {
  const kind = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
  const [before, after] = [old, now].map((hash) => (hash === undefined ? '' : texts(hash)));
  if (before === undefined || after === undefined)
    return { path, kind, lines: [], note: 'Its text is not at hand, or it is no text.' };
  const lines = diffLines(linesOf(before), linesOf(after));
  return lines === undefined
    ? { path, kind, lines: [], note: 'Too much changed to show it here.' }
    : { path, kind, lines };
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Steps that the search for the shortest difference may take: its time grows with their square. */
const mostEdits = 2000;
const contextLines = 3;

/** The shortest difference of two lists of lines (Myers 1986), with a few lines around each change. */
export function diffLines(before: readonly string[], after: readonly string[]): LineChange[] | undefined {
  const trace = shortestEdit(before, after);
  return trace === undefined ? undefined : withContext(pathOf(trace, before, after));
}

function shortestEdit(a: readonly string[], b: readonly string[]): Int32Array[] | undefined {
  const most = Math.min(a.length + b.length, mostEdits);
  const offset = most + 1;
  const v = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  for (let d = 0; d <= most; d++) {
    trace.push(v.slice(offset - d - 1, offset + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && v[offset + k - 1]! < v[offset + k + 1]!);
      let x = down ? v[offset + k + 1]! : v[offset + k - 1]! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      v[offset + k] = x;
      if (x >= a.length && x - k >= b.length) return trace;
    }
  }
  return undefined;
}

function pathOf(trace: readonly Int32Array[], a: readonly string[], b: readonly string[]): LineChange[] {
  const changes: LineChange[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0; d--) {
    const [fromX, fromY] = d === 0 ? [0, 0] : cameFrom(trace[d]!, x - y, d);
    while (x > fromX && y > fromY) {
      changes.push({ kind: 'same', text: a[--x]! });
      y--;
    }
    if (y > fromY) changes.push({ kind: 'added', text: b[--y]! });
    if (x > fromX) changes.push({ kind: 'removed', text: a[--x]! });
  }
  return changes.reverse();
}

/** Where the step to diagonal `k` with `d` edits began. */
function cameFrom(v: Int32Array, k: number, d: number): readonly [number, number] {
  const at = (diagonal: number) => v[diagonal + d + 1]!;
  const from = k === -d || (k !== d && at(k - 1) < at(k + 1)) ? k + 1 : k - 1;
  return [at(from), at(from) - from];
}

function withContext(changes: readonly LineChange[]): LineChange[] {
  const near = changes.map(() => false);
  for (const [i, { kind }] of changes.entries()) {
    if (kind === 'same') continue;
    for (let j = Math.max(0, i - contextLines); j <= Math.min(changes.length - 1, i + contextLines); j++)
      near[j] = true;
  }
  const out: LineChange[] = [];
  for (const [i, change] of changes.entries()) {
    if (near[i]) out.push(change);
    else if (out.at(-1)?.kind !== 'skip') out.push({ kind: 'skip', text: '' });
  }
  return out;
}

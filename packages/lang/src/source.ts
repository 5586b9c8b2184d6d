/** A place in a source. `line` and `column` count from 1, `offset` from 0, all in UTF-16 units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** A text with a name, and the offsets at which its lines start (found when the first place is asked for). */
export interface Source {
  readonly text: string;
  readonly file: string;
  lineStarts: readonly number[] | undefined;
}

export function createSource(text: string, file: string): Source {
  return { text, file, lineStarts: undefined };
}

export function placeAt(source: Source, offset: number): Place {
  const starts = lineStartsOf(source);
  const line = lineIndex(starts, offset);
  return { file: source.file, line: line + 1, column: offset - starts[line]! + 1, offset };
}

/** The lines around a place with a caret under it, as shown below an error. */
export function frameAt(source: Source, start: number, end: number): string {
  const starts = lineStartsOf(source);
  const line = lineIndex(starts, start);
  const first = Math.max(0, line - 2);
  const width = String(line + 1).length;
  const rows: string[] = [];
  for (let index = first; index <= line; index++) {
    rows.push(`${String(index + 1).padStart(width)} | ${lineText(source, starts, index)}`.trimEnd());
  }
  const shown = lineText(source, starts, line);
  const column = start - starts[line]!;
  if (column <= shown.length) {
    const length = Math.max(1, Math.min(end - start, shown.length - column));
    const indent = source.text.slice(starts[line]!, start).replace(/[^\t]/g, ' ');
    rows.push(`${' '.repeat(width)} | ${indent}${'^'.repeat(length)}`);
  }
  return rows.join('\n');
}

const frameWidth = 160;

function lineText(source: Source, starts: readonly number[], index: number): string {
  const end = starts[index + 1] ?? source.text.length + 1;
  const text = source.text.slice(starts[index]!, Math.min(end - 1, starts[index]! + frameWidth));
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function lineStartsOf(source: Source): readonly number[] {
  if (source.lineStarts === undefined) {
    const starts = [0];
    for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1))
      starts.push(at + 1);
    source.lineStarts = starts;
  }
  return source.lineStarts;
}

function lineIndex(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

import type { Dialect, Program } from '../ast.ts';
import { errorOf } from '../errors.ts';
import { isOf2025 } from '../parse/dialect-2025.ts';
import { type Parsed, parse } from '../parse/document.ts';
import type { Mark } from '../parse/state.ts';
import { itemsOf, type Region } from './items.ts';
import { layOut } from './layout.ts';
import { sameTree } from './same-tree.ts';

export interface FormatOptions {
  /** The name of the source in messages; its ending tells the dialect. Default: `main.mld`. */
  readonly file?: string;
  readonly dialect?: Dialect;
}

/**
 * The source with even white space: two spaces a level, one around operators, at most one empty line. Texts, templates, embedded
 * code, comments and prose stay byte for byte, and lines stay where they were broken. Of Markdown only the `mlld-run` fences are laid
 * out; sources of 2025 stay as they are. The tree is the same, or the source stays as it was.
 * @throws MlldError the first mistake, if the source has any
 */
export function format(text: string, options: FormatOptions = {}): string {
  const marks: Mark[] = [];
  const parsed = parseClean(text, { ...options, marks });
  if (isOf2025(text, 0)) return text;
  const printed = print(text, parsed.program, marks);
  if (printed === text) return text;
  const again = parse(printed, { ...options, dialect: parsed.program.dialect });
  const isSame = again.diagnostics.every(({ severity }) => severity !== 'error') && says(parsed, again);
  return isSame ? printed : text;
}

function parseClean(text: string, options: FormatOptions & { marks: Mark[] }): Parsed {
  const parsed = parse(text, options);
  const first = parsed.diagnostics.find(({ severity }) => severity === 'error');
  if (first !== undefined) throw errorOf(first);
  return parsed;
}

/** The two sources have the same tree and the same comments. */
export function says(a: Parsed, b: Parsed): boolean {
  const meaning = ({ program }: Parsed) => ({ ...program, comments: [], fences: program.fences.length });
  const comments = ({ source, program }: Parsed): string[] =>
    program.comments.map(({ start, end }) => source.text.slice(start, end).replace(/\r$/, ''));
  return sameTree(meaning(a), meaning(b)) && sameTree(comments(a), comments(b));
}

/** The source with its regions of code laid out; what it says is not looked at. */
export function print(text: string, program: Program, marks: readonly Mark[]): string {
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n';
  let result = '';
  let at = 0;
  for (const region of regionsOf(text, program, marks)) {
    const leadingBlank = program.dialect === 'strict' && region.start > 1;
    result += text.slice(at, region.start);
    result += layOut(itemsOf(text, program, marks, region), { newline, leadingBlank });
    at = region.end;
  }
  return result + text.slice(at);
}

function regionsOf(text: string, program: Program, marks: readonly Mark[]): Region[] {
  if (program.dialect === 'strict') return [{ start: headOf(text, program), end: text.length }];
  const fences = marks
    .filter(({ kind }) => kind === 'fence')
    .sort((a, b) => a.start - b.start || a.end - b.end);
  const regions: Region[] = [];
  for (let index = 0; index + 1 < fences.length; index += 2) {
    const start = fences[index]!.end;
    const end = fences[index + 1]!.start;
    if (end > start && text[end - 1] === '\n') regions.push({ start, end });
  }
  return regions;
}

/** Behind the frontmatter, or the mark of the byte order. */
function headOf(text: string, { frontmatter }: Program): number {
  if (frontmatter === undefined) return text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const found = text.indexOf('\n', frontmatter.end);
  return found < 0 ? text.length : found + 1;
}

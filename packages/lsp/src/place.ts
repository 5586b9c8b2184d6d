/** Where in a text the cursor is, told from the text before it: it holds while a line is not yet whole. */
import { bounds } from './bounds.ts';

export type CursorPlace =
  /** After `from @` or `import @`. */
  | { readonly kind: 'module'; readonly typed: string }
  /** Within the braces of `import { … } from ref`. */
  | { readonly kind: 'import'; readonly ref: string; readonly typed: string }
  /** Within the braces of `export { … }`. */
  | { readonly kind: 'export'; readonly typed: string }
  /** After `@name.` */
  | {
      readonly kind: 'field';
      readonly root: string;
      readonly fields: readonly string[];
      readonly typed: string;
    }
  /** After `@`, or in `{{`. */
  | { readonly kind: 'name'; readonly typed: string }
  /** At the start of a line. */
  | { readonly kind: 'directive'; readonly typed: string }
  | { readonly kind: 'none' };

export function placeOf(text: string, offset: number): CursorPlace {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(Math.max(lineStart, offset - 1000), offset);
  if (/^\s*>>/.test(line)) return { kind: 'none' };
  const module = /\b(?:from|import(?:[ \t]+\w+)?|mcp)[ \t]+["'<]?(@[\w/.-]*)$/.exec(line);
  if (module !== null) return { kind: 'module', typed: module[1]! };
  const braces = bracesAt(text, offset);
  if (braces !== undefined) return braces;
  const field =
    /@([A-Za-z_][\w-]*)((?:\.\w+)*)\.(\w*)$/.exec(line) ?? /\{\{\s*(\w+)((?:\.\w+)*)\.(\w*)$/.exec(line);
  if (field !== null) {
    const fields = field[2] === '' ? [] : field[2]!.slice(1).split('.');
    return { kind: 'field', root: field[1]!, fields, typed: field[3]! };
  }
  const name = /@([A-Za-z_]\w*)?$/.exec(line) ?? /\{\{\s*(\w*)$/.exec(line);
  if (name !== null) return { kind: 'name', typed: name[1] ?? '' };
  const directive = /^\s*\/?([a-z]*)$/.exec(line);
  return directive === null ? { kind: 'none' } : { kind: 'directive', typed: directive[1]! };
}

/** `import { @a, |` or `export { |`, over more than one line too. */
function bracesAt(text: string, offset: number): CursorPlace | undefined {
  const before = text.slice(Math.max(0, offset - bounds.callLength), offset);
  const open = /(?:^|\n)[/@]?(import|export)\b[^{}\n]*\{([^{}]*)$/.exec(before);
  if (open === null) return undefined;
  const typed = /@?(\w*)$/.exec(open[2]!)?.[1] ?? '';
  if (open[1] === 'export') return { kind: 'export', typed };
  const rest = text.slice(offset, offset + bounds.callLength);
  const ref = /^[^{}]*\}\s*from\s+(?:"([^"\n]+)"|'([^'\n]+)'|<([^>\n]+)>|\[([^\]\n]+)\]|(@[^\s({]+))/.exec(
    rest,
  );
  const found = ref?.slice(1).find((one) => one !== undefined);
  return found === undefined ? { kind: 'none' } : { kind: 'import', ref: found, typed };
}

/** The dialect's code, and not prose or a comment: in Markdown a `mlld-run` fence, an example, or a line with a slash. */
export function isCode(text: string, offset: number): boolean {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  if (/^[/@]/.test(text.slice(lineStart, lineStart + 1))) return true;
  let fence: string | undefined;
  let isMlld = false;
  for (let at = 0; at < lineStart; ) {
    const found = text.indexOf('\n', at);
    const stop = found < 0 ? text.length : found;
    const mark = /^ {0,3}(`{3,}|~{3,})[ \t]*([\w-]*)/.exec(text.slice(at, Math.min(stop, at + 80)));
    if (mark !== null && fence === undefined) {
      fence = mark[1];
      isMlld = /^mlld/.test(mark[2]!);
    } else if (mark !== null && mark[1]!.startsWith(fence!)) fence = undefined;
    at = stop + 1;
  }
  return fence !== undefined && isMlld;
}

export interface CallPlace {
  /** `@f` or `@ns.f`. */
  readonly root: string;
  readonly field: string | undefined;
  /** Arguments before the cursor. */
  readonly argument: number;
}

/** The call whose brackets the cursor is in, looked for backwards; quotes on the way are passed over. */
export function callAt(text: string, offset: number): CallPlace | undefined {
  const from = Math.max(0, offset - bounds.callLength);
  let depth = 0;
  let argument = 0;
  for (let at = offset - 1; at >= from; at--) {
    const char = text[at]!;
    if (`"\`'`.includes(char)) at = openingQuote(text, { at, from, quote: char });
    else if (')]}'.includes(char)) depth++;
    else if (char === ',' && depth === 0) argument++;
    else if ('([{'.includes(char) && --depth < 0)
      return char === '(' ? calleeBefore(text, { at, from, argument }) : undefined;
  }
  return undefined;
}

/** A quote that nothing opens before is the one that the cursor is behind. */
function openingQuote(
  text: string,
  { at, from, quote }: { at: number; from: number; quote: string },
): number {
  for (let start = at - 1; start >= from; start--) {
    if (text[start] === '\n' && quote !== '`') return at;
    if (text[start] === quote && text[start - 1] !== '\\') return start;
  }
  return at;
}

function calleeBefore(
  text: string,
  { at, from, argument }: { at: number; from: number; argument: number },
): CallPlace | undefined {
  const match = /@?([A-Za-z_][\w-]*)(?:\.(\w+))?$/.exec(text.slice(Math.max(from, at - 200), at));
  return match === null ? undefined : { root: match[1]!, field: match[2], argument };
}

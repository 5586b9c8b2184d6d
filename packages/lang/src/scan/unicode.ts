/** Characters that make text look other than it is (docs/spec/scan.md §5; Unicode TR 36, CVE-2021-42574). */
import type { AreaAt } from './areas.ts';
import type { Hit } from './hit.ts';
import type { ThreatId } from './rules.ts';

const hidden =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each is looked for alone, and never as part of a character
  /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe00-\ufe0f\u{e0000}-\u{e007f}\u{e0100}-\u{e01ef}]/gu;
const pictograph = /^\p{Extended_Pictographic}$/u;
const emoji = /^\p{Emoji}$/u;
const emojiModifier = /^\p{Emoji_Modifier}$/u;
const han = /^\p{Script=Han}$/u;
const rightToLeft =
  /(?=\p{L})[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** Scripts whose spelling uses joiners. */
const joining =
  /^[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Kannada}\p{Script=Khmer}\p{Script=Malayalam}\p{Script=Mongolian}\p{Script=Oriya}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}]$/u;

interface Char {
  readonly code: number;
  readonly at: number;
  readonly rule: ThreatId;
  readonly fine: boolean;
}

/** One hit for each run of such characters that stand side by side. */
export function unicodeHits(text: string, areaAt: AreaAt): Hit[] {
  const hits: Hit[] = [];
  let run: Char[] = [];
  for (const char of hiddenChars(text, areaAt)) {
    const last = run.at(-1);
    const joins =
      last !== undefined &&
      last.rule === char.rule &&
      last.fine === char.fine &&
      last.at + width(last.code) === char.at;
    if (joins) run.push(char);
    else {
      if (last !== undefined) hits.push(hitOf(run, areaAt(run[0]!.at)));
      run = [char];
    }
  }
  if (run.length > 0) hits.push(hitOf(run, areaAt(run[0]!.at)));
  return hits;
}

function* hiddenChars(text: string, areaAt: AreaAt): Generator<Char> {
  let prose: Prose = { end: -1, rightToLeft: false };
  let tags = { end: -1, fine: false };
  for (const { index: at, 0: char } of text.matchAll(hidden)) {
    if (at === 0 && char === '\ufeff') continue;
    const code = char.codePointAt(0)!;
    const rule = ruleOf(code);
    if (rule === 'unicode/tag' && at >= tags.end) tags = tagSequence(text, at);
    if (rule === 'unicode/bidi' && at > prose.end) prose = lineAround(text, at);
    const placed = { code, at, rule };
    const fine =
      rule === 'unicode/tag'
        ? tags.fine
        : isUsual(text, placed) || (areaAt(at) === 'docs' && isProse(text, { ...placed, prose }));
    // The selector that makes a symbol an emoji is how emoji are written.
    if (!fine || (code !== 0xfe0f && code !== 0xfe0e)) yield { ...placed, fine };
  }
}

const width = (code: number) => (code > 0xffff ? 2 : 1);

function ruleOf(code: number): ThreatId {
  if (code >= 0xe0000 && code <= 0xe007f) return 'unicode/tag';
  if ((code >= 0xfe00 && code <= 0xfe0f) || code >= 0xe0100) return 'unicode/variation';
  const bidi =
    code === 0x061c ||
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069);
  return bidi ? 'unicode/bidi' : 'unicode/invisible';
}

type Placed = Pick<Char, 'code' | 'at' | 'rule'>;

/** Emoji are written with joiners and selectors. */
function isUsual(text: string, { code, at, rule }: Placed): boolean {
  const before = charBefore(text, at);
  const after = text.codePointAt(at + width(code));
  const next = after === undefined ? '' : String.fromCodePoint(after);
  if (rule === 'unicode/variation' && (code === 0xfe0f || code === 0xfe0e))
    return /[0-9#*]/.test(before) ? after === 0x20e3 : emoji.test(before) || pictograph.test(before);
  if (code !== 0x200d || !pictograph.test(next)) return false;
  const base = before === '\ufe0f' ? charBefore(text, at - 1) : before;
  return pictograph.test(base) || emojiModifier.test(base);
}

interface Prose {
  readonly end: number;
  readonly rightToLeft: boolean;
}

function isProse(text: string, { code, at, rule, prose }: Placed & { readonly prose: Prose }): boolean {
  const before = charBefore(text, at);
  if (rule === 'unicode/bidi') return prose.rightToLeft;
  if (rule === 'unicode/variation') return han.test(before) && (code >= 0xe0100 || code <= 0xfe02);
  return (code === 0x200c || code === 0x200d) && joining.test(before);
}

function charBefore(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  return low >= 0xdc00 && low <= 0xdfff ? text.slice(at - 2, at) : text.slice(Math.max(0, at - 1), at);
}

const proseReach = 1000;

/** The part of the line that decides for all that stands before its end. */
function lineAround(text: string, at: number): Prose {
  const reach = Math.max(0, at - proseReach);
  const from = reach + text.slice(reach, at).lastIndexOf('\n') + 1;
  const newline = text.slice(at, at + proseReach).indexOf('\n');
  const end = newline < 0 ? at + proseReach : at + newline;
  return { end, rightToLeft: rightToLeft.test(text.slice(from, end)) };
}

/** Flags of regions are a black flag, two to seven tag letters and digits, and the end tag. */
const flag = /[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{2,7}\u{e007f}/uy;

function tagSequence(text: string, at: number): { end: number; fine: boolean } {
  flag.lastIndex = at;
  const found = charBefore(text, at) === '\u{1f3f4}' && flag.test(text);
  return { end: found ? flag.lastIndex : at + 2, fine: found };
}

function hitOf(run: readonly Char[], area: string): Hit {
  const { rule, at, fine } = run[0]!;
  const codes = [...new Set(run.map(({ code }) => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`))];
  const shown = codes.slice(0, 4).join(' ') + (codes.length > 4 ? ' …' : '');
  const count = run.length === 1 ? '' : `${run.length} characters, `;
  const spelled = rule === 'unicode/tag' ? spelledBy(run) : '';
  const where = area === 'docs' ? 'the documentation' : area === 'code' ? 'code' : `a ${area}`;
  const message = `${count}${shown} in ${area === 'frontmatter' ? 'the frontmatter' : where}${spelled}`;
  if (!fine) return { rule, at, message };
  return { rule, at, message: `${message}, as emoji or a script's own spelling use them`, severity: 'note' };
}

function spelledBy(run: readonly Char[]): string {
  const text = run
    .filter(({ code }) => code >= 0xe0020 && code < 0xe007f)
    .slice(0, 80)
    .map(({ code }) => String.fromCharCode(code - 0xe0000))
    .join('');
  return text === '' ? '' : `, which spell '${text}'`;
}

/** Cuts sections out of Markdown by their headings. */

interface Heading {
  readonly title: string;
  readonly level: number;
  readonly start: number;
  end: number;
}

export interface WantedSection {
  readonly title: string;
  readonly optional: boolean;
}

export interface MissingSection {
  readonly missing: string;
  readonly titles: readonly string[];
}

/** The sections of these titles, each with what is below it, less those that are not wanted. */
export function cutSections(
  text: string,
  wanted: readonly WantedSection[],
  without: readonly string[],
): string | MissingSection {
  const headings = readHeadings(text);
  const found: Heading[] = [];
  for (const { title, optional } of wanted) {
    const heading = findHeading(headings, title);
    if (heading !== undefined) found.push(heading);
    else if (!optional) return { missing: title, titles: headings.map((item) => item.title) };
  }
  const ranges = wanted.length === 0 ? [{ start: 0, end: text.length }] : found;
  const unwanted = without
    .map((title) => findHeading(headings, title))
    .filter((heading) => heading !== undefined);
  return ranges.map((range) => cutOut(text, range, unwanted)).join('\n\n');
}

function readHeadings(text: string): Heading[] {
  const headings: Heading[] = [];
  let fence = '';
  let at = 0;
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === '') fence = mark;
      else if (mark.startsWith(fence)) fence = '';
    }
    const match = fence === '' ? /^(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*\r?$/.exec(line) : null;
    if (match !== null)
      headings.push({ level: match[1]!.length, title: match[2]!, start: at, end: text.length });
    at += line.length + 1;
  }
  closeHeadings(headings);
  return headings;
}

/** A section ends where the next one of its level or above begins. */
function closeHeadings(headings: readonly Heading[]): void {
  const open: Heading[] = [];
  for (const heading of headings) {
    while (open.length > 0 && open.at(-1)!.level >= heading.level) open.pop()!.end = heading.start;
    open.push(heading);
  }
}

function findHeading(headings: readonly Heading[], title: string): Heading | undefined {
  const wanted = plain(title);
  return (
    headings.find((item) => plain(item.title) === wanted) ??
    headings.find((item) => plain(item.title).startsWith(wanted))
  );
}

function plain(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

function cutOut(text: string, range: { start: number; end: number }, unwanted: readonly Heading[]): string {
  let result = '';
  let from = range.start;
  for (const { start, end } of [...unwanted].sort((a, b) => a.start - b.start)) {
    if (start < from || start >= range.end) continue;
    result += text.slice(from, start);
    from = Math.min(end, range.end);
  }
  return (result + text.slice(from, range.end)).trim();
}

/** CloudFront's standard logs: the W3C extended format, members between tabs, named by the line `#Fields:`. */
import type { LineParser } from './request.ts';
import { requestOf } from './request.ts';

/** A file that was cut in two has the line in its first part only: then these, CloudFront's order since 2014. */
const usual = [
  'date',
  'time',
  'x-edge-location',
  'sc-bytes',
  'c-ip',
  'cs-method',
  'cs(Host)',
  'cs-uri-stem',
  'sc-status',
  'cs(Referer)',
  'cs(User-Agent)',
];

export function w3cParser(): LineParser {
  let at = places(usual);
  return (line) => {
    if (line.startsWith('#')) {
      const fields = /^#Fields:\s*(.{0,4000})/i.exec(line)?.[1];
      if (fields !== undefined) at = places(fields.trim().split(/\s+/));
      return undefined;
    }
    const cells = line.split('\t', 200);
    const cell = (name: string): string | undefined => cells[at.get(name) ?? -1];
    const [date, time] = [cell('date'), cell('time')];
    if (date === undefined || time === undefined) return 'form';
    const said = cell('cs(user-agent)');
    return requestOf({
      at:
        /^\d{4}-\d\d-\d\d$/.test(date) && /^\d\d:\d\d:\d\d/.test(time)
          ? Date.parse(`${date}T${time.slice(0, 8)}Z`)
          : Number.NaN,
      address: cell('c-ip'),
      method: cell('cs-method'),
      target: cell('cs-uri-stem'),
      status: cell('sc-status'),
      agent: said === undefined || said === '-' ? said : decoded(said),
    });
  };
}

function places(fields: readonly string[]): ReadonlyMap<string, number> {
  return new Map(fields.map((name, i) => [name.toLowerCase(), i]));
}

/** CloudFront escapes blanks, some of them twice. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('%25', '%'));
  } catch {
    return text;
  }
}

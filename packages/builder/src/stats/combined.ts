/**
 * Lines of nginx and Apache: the combined log format, `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`, and what Fastly and
 * syslog put before it. Further members at the end do no harm. A line of the common format, without an agent, is told from it.
 */
import { type LineResult, requestOf } from './request.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Before the time: address, identity, user; `<134>2026-03-01T12:00:00Z cache-x Log[1]: ` may come first. */
const head = /(?:^|\s)([0-9A-Fa-f:.]+) \S+ .{1,200}$/;
/** From the time on. Each part ends at a character that it can't hold, so that no line takes longer than its length. */
const tail =
  /^\[(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-)(?: "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)")?/;
const time = /\[\d{2}\/[A-Z]/;
/** Characters before the time. */
const mostHead = 600;

export function parseCombined(line: string): LineResult {
  const start = line.slice(0, mostHead).search(time);
  if (start < 0) return 'form';
  const address = head.exec(line.slice(0, start).trimEnd())?.[1];
  const found = tail.exec(line.slice(start));
  if (address === undefined || found === null) return 'form';
  const [, day, month = '', year, hour, minute, second, sign, hours, minutes, request = '', status, agent] =
    found;
  const monthNumber = months.indexOf(month);
  if (monthNumber < 0) return 'time';
  const zone = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const at =
    Date.UTC(Number(year), monthNumber, Number(day), Number(hour), Number(minute), Number(second)) - zone;
  const [method, target, protocol] = request.split(' ', 4);
  if (protocol === undefined || !protocol.startsWith('HTTP/')) return 'other';
  return requestOf({ at, address, method, target, status, agent });
}

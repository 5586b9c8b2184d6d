/** Which IP addresses are not public (RFC 6890, and the ranges that cloud hosts keep their secrets in). */

/** Whether `address` is an IPv4 or IPv6 literal (without brackets) that isn't on the public internet. */
export function isPrivateAddress(address: string): boolean {
  const v4 = parseV4(address);
  if (v4 !== undefined) return isPrivateV4(v4);
  const v6 = parseV6(address);
  return v6 === undefined ? false : isPrivateV6(v6);
}

/** The address that a URL's host spells out, without brackets; undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return parseV4(hostname) === undefined ? undefined : hostname;
}

/** [network, bits] of the IPv4 ranges that are not public. */
const v4Ranges: readonly (readonly [number, number])[] = [
  [0x00000000, 8],
  [0x0a000000, 8],
  [0x64400000, 10],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0xac100000, 12],
  [0xc0000000, 24],
  [0xc0000200, 24],
  [0xc0586300, 24],
  [0xc0a80000, 16],
  [0xc6120000, 15],
  [0xc6336400, 24],
  [0xcb007100, 24],
  [0xe0000000, 3],
];

function isPrivateV4(address: number): boolean {
  return v4Ranges.some(([network, bits]) => address >>> (32 - bits) === network >>> (32 - bits));
}

/** `words`: eight groups of 16 bits. */
function isPrivateV6(words: readonly number[]): boolean {
  const [a = 0, b = 0, c = 0] = words;
  const embedded = ((words[6] ?? 0) * 0x10000 + (words[7] ?? 0)) >>> 0;
  const zeros = (from: number, to: number) => words.slice(from, to).every((word) => word === 0);
  // ::, ::1, and IPv4 inside of IPv6: mapped, compatible, translated (RFC 6052), 6to4.
  if (zeros(0, 5) && (words[5] === 0 || words[5] === 0xffff)) return words[5] === 0 || isPrivateV4(embedded);
  if (a === 0x64 && b === 0xff9b) return !zeros(2, 6) || isPrivateV4(embedded);
  if (a === 0x2002) return isPrivateV4((b * 0x10000 + c) >>> 0);
  // Global unicast is 2000::/3; Teredo and documentation are carved out of it.
  if (a >>> 13 !== 1) return true;
  return (a === 0x2001 && (b < 0x200 || b === 0xdb8)) || (a === 0x3fff && b < 0x1000);
}

function parseV4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

function parseV6(text: string): number[] | undefined {
  const zone = text.indexOf('%');
  let source = (zone < 0 ? text : text.slice(0, zone)).toLowerCase();
  const tail = source.slice(source.lastIndexOf(':') + 1);
  const v4 = tail.includes('.') ? parseV4(tail) : undefined;
  if (v4 !== undefined) {
    source = `${source.slice(0, source.length - tail.length)}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`;
  }
  if (!/^[0-9a-f:]{2,39}$/.test(source)) return undefined;
  const halves = source.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined) =>
    half === undefined || half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16));
  const [head, rest] = [groups(halves[0]), groups(halves[1])];
  const missing = 8 - head.length - rest.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array<number>(Math.max(0, missing)).fill(0), ...rest];
}

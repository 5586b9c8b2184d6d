/** Licences by their SPDX identifiers: the ones that published code has, and expressions of them. */

const KNOWN = new Set([
  '0BSD',
  'AFL-3.0',
  'AGPL-3.0-only',
  'AGPL-3.0-or-later',
  'Apache-2.0',
  'Artistic-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BSL-1.0',
  'CC-BY-4.0',
  'CC-BY-SA-4.0',
  'CC0-1.0',
  'CECILL-2.1',
  'ECL-2.0',
  'EPL-2.0',
  'EUPL-1.2',
  'GPL-2.0-only',
  'GPL-2.0-or-later',
  'GPL-3.0-only',
  'GPL-3.0-or-later',
  'ISC',
  'LGPL-2.1-only',
  'LGPL-2.1-or-later',
  'LGPL-3.0-only',
  'LGPL-3.0-or-later',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'MS-PL',
  'MulanPSL-2.0',
  'NCSA',
  'OFL-1.1',
  'OSL-3.0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  'UPL-1.0',
  'WTFPL',
  'Zlib',
  // Today's modules write the public domain dedication so.
  'CC0',
]);
const EXCEPTIONS = new Set([
  'Classpath-exception-2.0',
  'GCC-exception-3.1',
  'LLVM-exception',
  'Autoconf-exception-3.0',
]);

/** Whether the text is an SPDX licence expression (SPDX 2.3, annex D) over licences that we know, or `LicenseRef-…`. */
export function isLicence(text: string): boolean {
  if (text.length > 100) return false;
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const next = () => tokens[at++];
  const term = (depth: number): boolean => {
    const token = next();
    if (token === '(') return depth < 10 && expression(depth + 1) && next() === ')';
    if (
      token === undefined ||
      !(KNOWN.has(token.replace(/\+$/, '')) || /^LicenseRef-[A-Za-z0-9.-]+$/.test(token))
    )
      return false;
    if (tokens[at] !== 'WITH') return true;
    at++;
    return EXCEPTIONS.has(next() ?? '');
  };
  const expression = (depth: number): boolean => {
    if (!term(depth)) return false;
    while (tokens[at] === 'AND' || tokens[at] === 'OR') {
      at++;
      if (!term(depth)) return false;
    }
    return true;
  };
  return expression(0) && at === tokens.length;
}

/** Whether mlld 2.0 lists modules under this licence: it compares with one spelling. */
export const isToday = (text: string): boolean => text === 'CC0';

import type { Release } from '@mlld/format';

/** What a reviewer wants to see first, as Markdown. Texts of the author can't leave their cell. */
export function pullRequestBody(release: Release, where: string): string {
  const bytes = release.files.reduce((sum, file) => sum + file.size, 0);
  const rows: [string, string][] = [
    ['Module', `${release.name} ${release.version}`],
    ['Kind', release.kind],
    ['About', release.about],
    ['Licence', release.license],
    ['Files', `${release.files.length}, ${bytes} bytes`],
    ['Digest', `sha256:${release.digest}`],
    ['Bytes at', where],
    ['Needs', release.needs.join(', ') || 'none'],
    ['Imports', [...release.imports].map(([name, selector]) => `${name}@${selector}`).join(', ') || 'none'],
    ['Exports', release.exports.map((one) => one.name).join(', ')],
  ];
  const table = rows.map(([title, text]) => `| ${title} | ${cell(text)} |`);
  return [
    '| | |',
    '|---|---|',
    ...table,
    '',
    'Made by `mlld publish`; the release is signed by its author.',
    '',
  ].join('\n');
}

/** Plain text in a table: Markdown and HTML in it stay text, and nobody is mentioned. */
export function cell(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  const flat = text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
  return `${fence} ${flat} ${fence}`;
}

// docs/spec/threats.md names a test for each attack; it has to be there.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rows = [
  ...readFileSync(path.join(root, 'docs/spec/threats.md'), 'utf8').matchAll(
    /^\| (\d+) \| .* \| `([^`]+\.ts)`: (.+?) \| [^|]+ \|$/gm,
  ),
].map(([, number, file, name]) => ({ number: Number(number), file: file!, name: name! }));

it('docs/spec/threats.md has forty attacks', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
});

it.each(rows)('threat $number has its test in $file', ({ file, name }) => {
  const text = existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), 'utf8') : '';
  const names = [...text.matchAll(/\b(?:it|test|describe)(?:\.\w+)*\(\s*(['"`])(.+?)\1/g)].map(
    (match) => match[2]!,
  );
  const tables = [...text.matchAll(/\b(?:it|test|describe)\.each\([\s\S]*?\)\(\s*(['"`])(.+?)\1/g)].map(
    (match) => match[2]!,
  );
  expect([...names, ...tables].filter((one) => one.startsWith(name))).not.toEqual([]);
});

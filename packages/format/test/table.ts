/** Tables in testdata/: lines of words, `#` for a remark; a last word that starts with `"` is JSON. */
import { readFileSync } from 'node:fs';

export function testdata(name: string): string {
  return readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8');
}

/** Rows of `columns` words each; the last takes the rest of its line. */
export function table(name: string, columns: number): string[][] {
  return testdata(name)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const words: string[] = [];
      let rest = line;
      for (let i = 1; i < columns; i++) {
        const space = rest.indexOf(' ');
        words.push(space < 0 ? rest : rest.slice(0, space));
        rest = space < 0 ? '' : rest.slice(space + 1);
      }
      return [...words, rest.startsWith('"') ? (JSON.parse(rest) as string) : rest];
    });
}

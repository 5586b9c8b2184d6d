// The code of all commands as one file, the pack: a line of JSON, `[[chunk, where it starts after that line, its length], …]` in bytes,
// then the chunks, each CommonJS. packages/cli/src/pack.ts reads it: files of their own would be opened and compiled one by one.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';

/** @returns {{name: string, digest: string, contents: Buffer}} the pack of esbuild's chunks, which are ESM */
export function packOf(outputFiles) {
  const { transformSync } = createRequire(import.meta.url)('esbuild');
  const chunks = outputFiles.map(({ path: file, text }) => {
    const name = path.basename(file);
    const { code } = transformSync(text, {
      sourcefile: name,
      format: 'cjs',
      platform: 'neutral',
      target: 'node20.19',
      // V8 knows no way to import from code that it kept compiled.
      supported: { 'dynamic-import': false },
      define: { 'import.meta.url': 'importMetaUrl' },
      // The text is read at each start. Names stay: they stand in traces of errors.
      minifyWhitespace: true,
    });
    assertAscii(name, code);
    return { name, code };
  });
  let at = 0;
  const table = chunks.map(({ name, code }) => {
    const start = at;
    at += code.length;
    return [name, start, code.length];
  });
  const contents = Buffer.from(
    `${JSON.stringify(table)}\n${chunks.map(({ code }) => code).join('')}`,
    'latin1',
  );
  const digest = createHash('sha256').update(contents).digest('hex').slice(0, 32);
  return { name: `mlld-${digest}.pack`, digest, contents };
}

/** @returns {Map<string, string>} the code of each chunk by its name */
export function readPack(contents) {
  const start = contents.indexOf('\n') + 1;
  const table = JSON.parse(contents.toString('latin1', 0, start));
  const code = ([name, at, length]) => [name, contents.toString('latin1', start + at, start + at + length)];
  return new Map(table.map(code));
}

/** What code loads at once: what it loads later stands in a function. */
export function loadedAtOnce(code) {
  return [...code.matchAll(/(?<!then\(\(\)=>(?:__toESM\()?)\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
}

/** The command reads it as Latin-1, which is quicker, and the same for ASCII alone. */
function assertAscii(name, code) {
  const at = Buffer.from(code).findIndex((octet) => octet > 0x7f);
  if (at < 0) return;
  const found = code.slice(Math.max(0, at - 100), at + 20);
  throw new Error(
    `${name}: wanted ASCII (in a regular expression \\u2026 and the like), found at ${at}: ${found}`,
  );
}

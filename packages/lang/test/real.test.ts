import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyse, compareExports, parse } from '../src/index.ts';

/** A folder of published modules, as authors wrote them. They are not part of this project. */
const folder = process.env.MLLD_REAL_MODULES ?? '';
const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => /\.mld(?:\.md)?$/.test(name))
  : [];

// Skipped without a folder of published modules: they belong to their authors, and a clone has none.
describe.skipIf(files.length === 0)('published modules (MLLD_REAL_MODULES)', () => {
  it.each(files)('reads %s', async (name) => {
    const text = readFileSync(path.join(folder, name), 'utf8');
    const { diagnostics, program } = parse(text, { file: name });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(program.body.length).toBeGreaterThan(0);
    const { exports } = await analyse(text, { file: name });
    expect(exports.length).toBeGreaterThan(0);
    expect(compareExports(exports, exports)).toEqual([]);
  });
});

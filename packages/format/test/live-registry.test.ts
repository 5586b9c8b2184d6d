/** Today's public registry, where a copy of its repository is at hand: every record of it must be read as it is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  decode,
  decodeVersionRecord,
  isStatement,
  isVersion,
  locate,
  moduleFiles,
  parseJson,
  parseMetadata,
  parseTags,
} from '../src/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const data = process.env.MLLD_SHARED_DATA ?? path.resolve(root, '../shared/data');
const modules = path.join(data, 'mlld-registry/modules');
const absent = !existsSync(modules);
const why = absent ? ' (skipped: no copy; set MLLD_SHARED_DATA to a folder that holds mlld-registry/)' : '';

describe.skipIf(absent)(`the live registry's records${why}`, () => {
  const files = absent
    ? []
    : readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
  const versions = files.filter((file) => isVersion(path.basename(file, '.json')));
  const read = (file: string) => readFileSync(path.join(modules, file));

  it('are 53 versions of 21 modules', () => {
    expect([
      versions.length,
      files.filter((file) => path.basename(file) === moduleFiles.metadata).length,
    ]).toEqual([53, 21]);
  });

  it.each(versions)('%s', (file) => {
    const value = decode.object(parseJson(read(file)), file);
    expect(isStatement(value)).toBe(false);
    const record = decodeVersionRecord(value, file);
    expect(record.version).toBe(path.basename(file, '.json'));
    const place = locate(record.source);
    expect(place.base.endsWith('/')).toBe(true);
    expect(place.files).toContain(place.entry);
  });

  it.each(files.filter((file) => !versions.includes(file)))('%s', (file) => {
    const folder = path.basename(path.dirname(file));
    if (path.basename(file) === moduleFiles.metadata)
      expect(parseMetadata(read(file), file).name).toBe(`@mlld/${folder}`);
    else expect(parseTags(read(file), file).has('latest')).toBe(true);
  });
});

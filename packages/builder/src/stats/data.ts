/** The counts of one day, as a statement names them (docs/spec/statistics.md §3). */
import {
  limits,
  parseStatisticsData,
  RegistryError,
  type StatisticsLine,
  type StatisticsStatement,
} from '@mlld/format';
import { sha256 } from '@mlld/trust';
import type { Tree } from '../repository/tree.ts';

/** The path of the counts beside a statement's. */
export function dataPath(statementFile: string): string {
  return statementFile.replace(/\.json$/, '.tsv');
}

/** @throws RegistryError FILE_NOT_FOUND, HASH_MISMATCH, TOO_LARGE */
export function readData(tree: Tree, file: string, { data }: StatisticsStatement): Uint8Array {
  const bytes = tree.read(dataPath(file), limits.statisticsBytes);
  if (bytes === undefined)
    throw new RegistryError(
      'FILE_NOT_FOUND',
      `${dataPath(file)}: the counts that ${file} names are not there`,
    );
  const found = sha256(bytes);
  if (found === data.sha256 && bytes.length === data.size) return bytes;
  throw new RegistryError(
    'HASH_MISMATCH',
    `${dataPath(file)}: wanted ${data.size} bytes, sha256 ${data.sha256}, found ${bytes.length} bytes, ${found}`,
  );
}

/** @throws RegistryError BAD_SHAPE, SIZE_MISMATCH where there are more or fewer lines than the statement says */
export function parseData(bytes: Uint8Array, file: string, { data }: StatisticsStatement): StatisticsLine[] {
  const lines = [...parseStatisticsData(bytes, dataPath(file))];
  if (lines.length === data.lines) return lines;
  throw new RegistryError(
    'SIZE_MISMATCH',
    `${dataPath(file)}: wanted ${data.lines} lines, found ${lines.length}`,
  );
}

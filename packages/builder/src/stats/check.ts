/** What is wrong with statistics that a repository holds (docs/spec/statistics.md §3). */
import { type Finding, finding, findingOf } from '../finding.ts';
import type { SaidStatement } from '../repository/statements.ts';
import type { Tree } from '../repository/tree.ts';
import { parseData, readData } from './data.ts';

/** Counts beside a statement: the only files in these folders that are none. */
export function isStatisticsData(file: string): boolean {
  return file.startsWith('statistics/') && file.endsWith('.tsv');
}

/** Whether the counts are the ones that the statement names, and a day that is over. */
export function checkStatistics({ file, text, said }: SaidStatement, tree: Tree): Finding[] {
  if (said.type !== 'statistics') return [];
  const over = Date.parse(`${said.day}T00:00:00Z`) + 86_400_000;
  if (Date.parse(said.at) < over)
    return [
      finding('statement/subject', { file, text, path: '$.day' }, 'the day was not over when it was counted'),
    ];
  try {
    parseData(readData(tree, file, said), file, said);
    return [];
  } catch (error) {
    return [findingOf('statement/subject', { file, text, path: '$.data' }, error)];
  }
}

/** Counts that no statement names are nobody's. */
export function checkStatisticsData(file: string, tree: Tree): Finding[] {
  const statement = file.replace(/\.tsv$/, '.json');
  const [folder, name] = [
    statement.slice(0, statement.lastIndexOf('/')),
    statement.slice(statement.lastIndexOf('/') + 1),
  ];
  if (tree.list(folder).some((entry) => entry.name === name)) return [];
  return [
    finding('file/unknown', { file }, `wanted ${statement} beside it, which says whose counts these are`),
  ];
}

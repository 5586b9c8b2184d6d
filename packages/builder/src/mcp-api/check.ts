/** What is wrong with servers that were taken over: rules of `mlld registry check` (docs/spec/mcp-api.md §5). */
import { layout, limits, parseImportedServer, validateServerJson } from '@mlld/format';
import type { Scope } from '../check/scope.ts';
import { type Finding, finding, findingOf } from '../finding.ts';
import type { Tree } from '../repository/tree.ts';
import { importedFiles } from './imported.ts';

/** Where a run of the import stopped. */
const isState = (file: string) => /^mcp\/[^/]+\/import\.json$/.test(file);

export function checkImported({ after, submission }: Scope): Finding[] {
  const changed = submission?.changes.filter(({ file }) => file.startsWith('mcp/') && !isState(file));
  if (changed === undefined) return importedFiles(after.tree).flatMap((file) => checkFile(after.tree, file));
  const findings = changed.flatMap(({ file }) => checkFile(after.tree, file));
  const [first] = changed;
  if (first === undefined) return findings;
  const message = `${changed.length} records of servers of other registries change: nothing here tells whether those say so`;
  return [...findings, finding('imported/origin', { file: first.file }, message)];
}

function checkFile(tree: Tree, file: string): Finding[] {
  try {
    const bytes = tree.read(file, limits.mcpImportPageBytes);
    if (bytes === undefined) return [];
    const { name, versions } = parseImportedServer(bytes, file);
    const [, origin = ''] = file.split('/');
    const place = layout.mcpImported(origin, name);
    if (place !== file)
      return [
        finding('imported/shape', { file, path: '$.name' }, `it is about ${name}, which is at ${place}`),
      ];
    return versions.flatMap(({ server }, i) =>
      validateServerJson(server)
        .slice(0, 3)
        .map((issue) =>
          finding(
            'imported/shape',
            { file, path: `$.versions[${i}].server${issue.path.slice(1)}` },
            issue.message,
          ),
        ),
    );
  } catch (error) {
    return [findingOf('imported/shape', { file }, error)];
  }
}

import { mcpFiles } from '@mlld/format';
import { moduleTree, type Tree } from './tree.ts';

/** Files of the folder that are about the server, and no part of it: they change when it does not. */
const beside = new Set<string>([
  mcpFiles.manifest,
  mcpFiles.server,
  'module.yml',
  'module.yaml',
  'module.json',
  mcpFiles.tests,
]);

/** The files of a module that its server runs from. */
export function ownTree(files: ReadonlyMap<string, Uint8Array>): Tree {
  return moduleTree(
    new Map([...files].filter(([name]) => !beside.has(name) && !/(?:^|\/)[^/]+\.md$/i.test(name))),
  );
}

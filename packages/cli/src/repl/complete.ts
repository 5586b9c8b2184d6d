import { directiveWords, type Interactive } from '@mlld/lang';
import { dotCommands } from './commands.ts';

export interface CompletionSource {
  readonly program: Pick<Interactive, 'names' | 'fields'>;
  /** The modules that this project has, by name. */
  readonly modules: () => Promise<readonly string[]>;
}

/** What could stand where the cursor is, and the part of the line that it would replace. */
export async function complete(
  line: string,
  { program, modules }: CompletionSource,
): Promise<[string[], string]> {
  const dot = /^\.\w*$/.exec(line)?.[0];
  if (dot !== undefined) return [matching([...dotCommands.keys()], dot), dot];
  const module = /(?:\bfrom|\bimport(?:[ \t]+(?:mcp|tools|module))?)[ \t]+(@[\w/-]*)$/.exec(line)?.[1];
  if (module !== undefined) return [matching(await modules(), module), module];
  const path = /@([A-Za-z_][\w-]*(?:\.[\w-]+)*)\.([\w-]*)$/.exec(line);
  if (path !== null) return [matching(program.fields(path[1]!), path[2]!), path[2]!];
  const name = /@([\w-]*)$/.exec(line);
  if (name !== null) return [matching(program.names(), name[1]!).map((one) => `@${one}`), name[0]];
  const word = /(?:^|=>[ \t]*|\[[ \t]*)([a-z]+)$/.exec(line)?.[1];
  return word === undefined ? [[], ''] : [matching(directiveWords(), word), word];
}

function matching(candidates: readonly string[], typed: string): string[] {
  return [...new Set(candidates)].filter((one) => one.startsWith(typed)).sort();
}

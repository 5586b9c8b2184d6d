/** Servers of another registry into a registry repository (docs/spec/mcp-api.md §5): records with their origin, a few at a time, resumable. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  encodeImportedServer,
  type ImportedServer,
  isRegistryError,
  layout,
  limits,
  type McpServerEntry,
  parseImportedServer,
  parseJson,
  RegistryError,
} from '@mlld/format';
import { mergeEntries } from './answers.ts';

export interface TakeOver {
  /** The registry repository. */
  readonly repository: string;
  /** Host of the other registry, as its folder is called. */
  readonly host: string;
  readonly origin: ImportedServer['origin'];
  readonly dryRun: boolean;
}

export interface TakenOver {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly refused: readonly string[];
}

/** Writes what is new of these entries. */
export async function takeOver(entries: readonly McpServerEntry[], to: TakeOver): Promise<TakenOver> {
  const byName = new Map<string, McpServerEntry[]>();
  for (const entry of entries)
    byName.set(entry.server.name, [...(byName.get(entry.server.name) ?? []), entry]);
  const counts = { added: 0, changed: 0, unchanged: 0 };
  const refused: string[] = [];
  for (const [name, some] of byName) {
    const file = path.join(to.repository, layout.mcpImported(to.host, name));
    try {
      const before = await readBefore(file, name);
      const after = mergeEntries(before, some, to.origin);
      if (after === before) counts.unchanged++;
      else {
        if (!to.dryRun) await writeWhole(file, encodeImportedServer(after));
        counts[before === undefined ? 'added' : 'changed']++;
      }
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      refused.push(error.message);
    }
  }
  return { ...counts, refused };
}

async function readBefore(file: string, name: string): Promise<ImportedServer | undefined> {
  const bytes = await readIfThere(file);
  if (bytes === undefined) return undefined;
  const before = parseImportedServer(bytes, file);
  // On a file system that ignores case, two names can be one file.
  if (before.name !== name)
    throw new RegistryError('BAD_NAME', `${name}: its file is that of ${before.name}`);
  return before;
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(temporary, text, { flag: 'wx' });
  await rename(temporary, file);
}

/** Where a run stopped, or what the next one has to ask for. */
export interface ImportState {
  readonly v: 1;
  readonly cursor?: string;
  /** Of the run that stopped at the cursor. */
  readonly since?: string;
  /** When the run that is under way, or that ended last, began; ISO time. */
  readonly startedAt: string;
}

const stateFile = ({ repository, host }: Pick<TakeOver, 'repository' | 'host'>) =>
  path.join(repository, 'mcp', host, 'import.json');

export async function readImportState(
  to: Pick<TakeOver, 'repository' | 'host'>,
): Promise<ImportState | undefined> {
  const bytes = await readIfThere(stateFile(to));
  if (bytes === undefined) return undefined;
  const value = parseJson(bytes, {
    where: stateFile(to),
    maxBytes: limits.configBytes,
  }) as unknown as ImportState;
  const texts = [value.startedAt, value.since ?? '', value.cursor ?? ''];
  if (
    value.v === 1 &&
    texts.every((one) => typeof one === 'string') &&
    !Number.isNaN(Date.parse(value.startedAt))
  )
    return value;
  throw new RegistryError('BAD_SHAPE', `${stateFile(to)} is no state of an import`, {
    hint: 'Remove it to begin anew.',
  });
}

export function writeImportState(
  to: Pick<TakeOver, 'repository' | 'host'>,
  state: ImportState,
): Promise<void> {
  return writeWhole(stateFile(to), `${JSON.stringify(state, null, 1)}\n`);
}

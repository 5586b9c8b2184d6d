/** Imports and exports of an unsigned record, read from its code: the record itself doesn't state them. */
import { isModuleName, limits, type ModuleName, parseRef } from '@mlld/format';
import { analyse } from '@mlld/lang';

export interface RecordCode {
  readonly imports: ReadonlyMap<ModuleName, string>;
  readonly exports: readonly string[];
}

export async function analyseRecord(bytes: Uint8Array, entry: string): Promise<RecordCode> {
  const { imports, exports } = await analyse(Buffer.from(bytes).toString('utf8'), { file: entry });
  const found = new Map<ModuleName, string>();
  for (const { kind, ref } of imports) {
    if (kind !== 'registry' || found.size >= limits.importsPerRelease) continue;
    const [name, selector] = splitRef(ref) ?? [];
    if (name !== undefined && selector !== undefined && !found.has(name)) found.set(name, selector);
  }
  return { imports: found, exports: exports.map(({ name }) => name).slice(0, 1000) };
}

/** Name and selector of a reference; undefined for one that names no module, such as `@input`. */
function splitRef(ref: string): readonly [ModuleName, string] | undefined {
  const at = ref.indexOf('@', 1);
  const name = at < 0 ? ref : ref.slice(0, at);
  if (!isModuleName(name)) return undefined;
  try {
    parseRef(ref);
    return [name, at < 0 ? '*' : ref.slice(at + 1)];
  } catch {
    return undefined;
  }
}

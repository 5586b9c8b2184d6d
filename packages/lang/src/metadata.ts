import { MlldError, type MlldErrorCode } from './errors.ts';

export type MetaValue =
  | string
  | number
  | boolean
  | null
  | readonly MetaValue[]
  | { readonly [key: string]: MetaValue };

/** What frontmatter and `module.yml` say of a module (`docs/spec/language.md` §3). Absent fields are undefined. */
export interface Manifest {
  readonly name: string | undefined;
  readonly author: string | undefined;
  readonly version: string | undefined;
  readonly about: string | undefined;
  readonly type: string | undefined;
  readonly entry: string | undefined;
  readonly license: string | undefined;
  readonly repo: string | undefined;
  readonly bugs: string | undefined;
  readonly homepage: string | undefined;
  readonly mlldVersion: string | undefined;
  readonly keywords: readonly string[];
  readonly needs: readonly string[];
  readonly dependencies: ReadonlyMap<string, string>;
  readonly devDependencies: ReadonlyMap<string, string>;
  /** All fields as written, in an object without a prototype. */
  readonly data: { readonly [key: string]: MetaValue };
}

const maxLength = 64 * 1024;
const maxDepth = 20;

/** Reads `module.yml`, `module.json` or the text of frontmatter. @throws MlldError `MANIFEST` */
export async function readManifest(text: string, file = 'module.yml'): Promise<Manifest> {
  return manifestOf(await readMetadata(text, { file, code: 'MANIFEST' }));
}

/** Reads a YAML mapping. The plain `key: value` form, which nearly all have, is read without loading a library. */
export async function readMetadata(
  text: string,
  { file, code }: { file: string; code: MlldErrorCode & ('MANIFEST' | 'FRONTMATTER') },
): Promise<Manifest['data']> {
  if (text.length > maxLength)
    throw new MlldError(code, `${file}: metadata has more than ${maxLength} characters`);
  const simple = readSimple(text);
  if (simple !== undefined) return simple;
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(text, { schema: 'core', mapAsMap: true, maxAliasCount: 20, logLevel: 'error' });
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
    throw new MlldError(code, `${file}: the metadata is not valid YAML: ${reason}`, { cause });
  }
  if (value === null || value === undefined) return Object.create(null);
  if (!(value instanceof Map)) {
    throw new MlldError(code, `${file}: expected metadata as 'key: value' lines, found ${typeName(value)}`);
  }
  return plainValue(value, 0, code) as Manifest['data'];
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function plainValue(value: unknown, depth: number, code: MlldErrorCode): MetaValue {
  if (depth > maxDepth) throw new MlldError(code, `metadata is nested more than ${maxDepth} levels deep`);
  if (Array.isArray(value)) return value.map((item) => plainValue(item, depth + 1, code));
  if (value instanceof Map) {
    const object: Record<string, MetaValue> = Object.create(null);
    for (const [key, item] of value) object[String(key)] = plainValue(item, depth + 1, code);
    return object;
  }
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  return typeof value === 'number' && Number.isFinite(value) ? value : String(value);
}

// ---- the plain form

const keyLine = /^([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*))?$/;

/** Lines of `key: scalar`, `key: [scalars]` and lists of `- scalar`; undefined if there is anything else. */
function readSimple(text: string): Manifest['data'] | undefined {
  const data: Record<string, MetaValue> = Object.create(null);
  let open: string | undefined;
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd();
    if (line === '' || line.startsWith('#')) continue;
    const item = /^[ \t]*-[ \t]+(.*)$/.exec(line);
    if (item !== null) {
      if (open === undefined || !pushItem(data, open, item[1]!)) return undefined;
      continue;
    }
    const match = keyLine.exec(line);
    if (match === null || match[1]! in data) return undefined;
    const text = match[2]?.trim() ?? '';
    const value = text === '' ? null : readPlainValue(text);
    if (value === undefined) return undefined;
    data[match[1]!] = value;
    open = text === '' ? match[1] : undefined;
  }
  return data;
}

function pushItem(data: Record<string, MetaValue>, key: string, text: string): boolean {
  const value = readScalar(text);
  if (value === undefined) return false;
  const list = data[key];
  data[key] = Array.isArray(list) ? [...list, value] : [value];
  return true;
}

function readPlainValue(text: string): MetaValue | undefined {
  if (!text.startsWith('[')) return readScalar(text);
  const close = text.indexOf(']');
  if (close < 0 || text.slice(0, close).includes('#') || !/^\][ \t]*(?:#.*)?$/.test(text.slice(close)))
    return undefined;
  const items: MetaValue[] = [];
  for (const item of text.slice(1, close).split(',')) {
    if (item.trim() === '') continue;
    const value = readScalar(item.trim());
    if (value === undefined) return undefined;
    items.push(value);
  }
  return items;
}

/** A scalar of YAML's core schema, if it is written in a way that cannot mean anything else. */
function readScalar(text: string): MetaValue | undefined {
  const quoted = /^(?:"([^"\\]*)"|'([^']*)')(?:[ \t]+#.*)?$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2]!;
  if (/^[[\]{}&*!|>'"%@`,#?-]/.test(text) || /:[ \t]|:$| #/.test(text)) return undefined;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^(?:~|null|Null|NULL)$/.test(text)) return null;
  if (/^(?:[+.]|\d)/.test(text)) return readNumberLike(text);
  return text;
}

/** `1` and `1.5` are numbers; `1.0.0` and `2025-05-29` are text; hexadecimal and its like are left to the library. */
function readNumberLike(text: string): MetaValue | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  return /^\d[\d.]*\.\d[\w.+-]*$|^\d{4}-\d\d-\d\d/.test(text) && !/^\d[\d.]*[eE]/.test(text)
    ? text
    : undefined;
}

// ---- fields

export function manifestOf(data: Manifest['data']): Manifest {
  return {
    name: textOf(data.name),
    author: textOf(data.author),
    version: textOf(data.version),
    about: textOf(data.about ?? data.description),
    type: textOf(data.type),
    entry: textOf(data.entry ?? data.entryPoint),
    license: textOf(data.license),
    repo: textOf(data.repo ?? data.repository),
    bugs: textOf(data.bugs),
    homepage: textOf(data.homepage),
    mlldVersion: textOf(data.mlldVersion ?? data['mlld-version']),
    keywords: listOf(data.keywords),
    needs: listOf(data.needs),
    dependencies: mapOf(data.dependencies),
    devDependencies: mapOf(data.devDependencies),
    data,
  };
}

function textOf(value: MetaValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function listOf(value: MetaValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map(textOf).filter((item) => item !== undefined);
  if (typeof value === 'object') return Object.keys(value);
  const text = textOf(value as string);
  return text === undefined || text === '' ? [] : text.split(/[,\s]+/).filter((item) => item !== '');
}

function mapOf(value: MetaValue | undefined): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, item] of Object.entries(value)) map.set(key, textOf(item as MetaValue) ?? '*');
  }
  return map;
}

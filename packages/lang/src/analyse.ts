import type {
  DeclaredNeed,
  Dialect,
  ExeStatement,
  ImportKind,
  ImportStatement,
  Program,
  Statement,
  VarStatement,
} from './ast.ts';
import { readDocComments } from './doc-comments.ts';
import { type Docs, documentedNames, type Example, readDocs, type Section } from './docs.ts';
import { type Diagnostic, diagnosticOf, MlldError, nearest } from './errors.ts';
import { type Manifest, manifestOf, readMetadata } from './metadata.ts';
import { parse } from './parse/document.ts';
import { createSource, type Place, placeAt, type Source } from './source.ts';

export interface ImportInfo {
  /** As written: `@alice/strings@^1`, `./lib.mld`, `https://…`, `input`. */
  readonly ref: string;
  readonly kind: ImportKind;
  /** The word before the names: `static`, `templates`, `tools`, `mcp`, … */
  readonly type: string | undefined;
  readonly names: readonly { readonly name: string; readonly alias: string | undefined }[];
  readonly namespace: string | undefined;
  readonly ttl: string | undefined;
  readonly trust: 'always' | 'verify' | 'never' | undefined;
  readonly place: Place;
}

export interface ParameterInfo {
  readonly name: string;
  readonly type: string | undefined;
  readonly optional: boolean;
}

export interface ExportInfo {
  readonly name: string;
  readonly kind: 'exe' | 'var';
  readonly parameters: readonly ParameterInfo[];
  readonly returns: string | undefined;
  /** Markdown that documents it, from its own heading or the comment above it. */
  readonly doc: string | undefined;
  readonly examples: readonly Example[];
  readonly place: Place;
}

export interface Analysis {
  readonly dialect: Dialect;
  /** Undefined if the source has no frontmatter, or one that cannot be read. */
  readonly frontmatter: Manifest | undefined;
  readonly imports: readonly ImportInfo[];
  readonly exports: readonly ExportInfo[];
  /** What `needs { … }` and the frontmatter declare, each once, by name. */
  readonly needs: readonly DeclaredNeed[];
  /** The runners that the code itself uses: `js`, `node`, `sh`, `cmd`, `py`. */
  readonly uses: readonly string[];
  readonly docs: Docs;
  readonly diagnostics: readonly Diagnostic[];
}

export interface AnalyseOptions {
  readonly file?: string;
  readonly dialect?: Dialect;
  /** Markdown beside the module that documents it too, such as the README of a directory module. */
  readonly readme?: string;
}

/** Says what a source imports, exports and needs. Never runs it, never throws: mistakes are in `diagnostics`. */
export async function analyse(text: string, options: AnalyseOptions = {}): Promise<Analysis> {
  const { source, program, diagnostics: syntax } = parse(text, options);
  const diagnostics = [...syntax];
  const frontmatter = await readFrontmatter(source, program, diagnostics);
  const docs = readAllDocs(source, program, options.readme);
  return {
    dialect: program.dialect,
    frontmatter,
    imports: readImports(source, program),
    exports: readExports({ source, program, docs, diagnostics }),
    needs: readNeeds(program, frontmatter),
    uses: [...program.uses].sort(),
    docs,
    diagnostics,
  };
}

async function readFrontmatter(
  source: Source,
  program: Program,
  diagnostics: Diagnostic[],
): Promise<Manifest | undefined> {
  const front = program.frontmatter;
  if (front === undefined) return undefined;
  try {
    return manifestOf(await readMetadata(front.text, { file: source.file, code: 'FRONTMATTER' }));
  } catch (error) {
    if (!(error instanceof MlldError)) throw error;
    const { message, hint } = error;
    diagnostics.push(
      diagnosticOf(source, { code: 'FRONTMATTER', message, hint, start: front.start, end: front.start + 3 }),
    );
    return undefined;
  }
}

function readAllDocs(source: Source, program: Program, readme: string | undefined): Docs {
  const isMarkdown = program.dialect === 'markdown';
  if (readme === undefined) return isMarkdown ? readDocs(source, program) : readDocComments(source, program);
  const own = isMarkdown ? readDocs(source, program) : { tldr: undefined, sections: [] };
  const parsed = parse(readme, { file: 'README.md', dialect: 'markdown' });
  const more = readDocs(createSource(readme, 'README.md'), parsed.program);
  return { tldr: own.tldr ?? more.tldr, sections: [...own.sections, ...more.sections] };
}

// ---- imports and needs

function readImports(source: Source, program: Program): ImportInfo[] {
  return program.body.flatMap((statement) => {
    if (statement.kind === 'import') return [importInfo(source, statement)];
    return statement.kind === 'var' ? serverInfo(source, statement) : [];
  });
}

/** `var @github = mcp @tools/github` imports a server, too. */
function serverInfo(source: Source, { name, value }: VarStatement): ImportInfo[] {
  if (value.kind !== 'mcp' || value.ref.kind !== 'literal' || typeof value.ref.value !== 'string') return [];
  const place = placeAt(source, value.ref.start);
  const rest = { names: [], namespace: name, ttl: undefined, trust: undefined, place };
  return [{ ref: value.ref.value, kind: 'mcp', type: undefined, ...rest }];
}

function importInfo(source: Source, statement: ImportStatement): ImportInfo {
  return {
    ref: statement.ref,
    kind: statement.importKind,
    type: statement.type,
    names: statement.names.map(({ name, alias }) => ({ name, alias })),
    namespace: statement.namespace,
    ttl: statement.ttl,
    trust: statement.trust,
    place: placeAt(source, statement.refStart),
  };
}

function readNeeds(program: Program, frontmatter: Manifest | undefined): DeclaredNeed[] {
  const needs = new Map<string, Set<string>>();
  const add = (name: string, list: readonly string[]): void => {
    const known = needs.get(name) ?? new Set();
    for (const item of list) known.add(item);
    needs.set(name, known);
  };
  for (const statement of program.body) {
    if (statement.kind === 'needs') for (const need of statement.needs) add(need.name, need.list);
  }
  for (const name of frontmatter?.needs ?? []) add(name, []);
  return [...needs].map(([name, list]) => ({ name, list: [...list] }));
}

// ---- exports

interface ExportContext {
  readonly source: Source;
  readonly program: Program;
  readonly docs: Docs;
  readonly diagnostics: Diagnostic[];
}

type Declaration = {
  readonly name: string;
  readonly start: number;
  readonly statement: Statement | undefined;
};

function readExports(context: ExportContext): ExportInfo[] {
  const { program } = context;
  const declared = declarations(program);
  const statements = program.body.filter((statement) => statement.kind === 'export');
  const chosen = new Map<string, Declaration>();
  for (const { names } of statements) {
    for (const item of names) {
      if (item.name === '*') for (const [name, declaration] of declared) chosen.set(name, declaration);
      else addExport(context, { chosen, declared, item });
    }
  }
  const listed = statements.length === 0 ? declared : chosen;
  const documentation = documentationOf(context.docs);
  return [...listed].map(([name, declaration]) => exportInfo(context, { name, declaration, documentation }));
}

interface AddExport {
  readonly chosen: Map<string, Declaration>;
  readonly declared: ReadonlyMap<string, Declaration>;
  readonly item: {
    readonly name: string;
    readonly alias: string | undefined;
    readonly start: number;
    readonly end: number;
  };
}

function addExport(
  { source, diagnostics, program }: ExportContext,
  { chosen, declared, item }: AddExport,
): void {
  const declaration = declared.get(item.name) ?? importedDeclaration(program, item.name);
  if (declaration !== undefined) {
    chosen.set(item.alias ?? item.name, declaration);
    return;
  }
  const near = nearest(item.name, declared.keys());
  diagnostics.push(
    diagnosticOf(source, {
      code: 'UNKNOWN_NAME',
      message: `'@${item.name}' is exported but nothing here has that name`,
      start: item.start,
      end: item.end,
      hint: near === undefined ? undefined : `Did you mean '@${near}'?`,
    }),
  );
}

/** Names of the top level that other modules can see. */
function declarations(program: Program): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  for (const statement of program.body) {
    if (statement.kind === 'exe' || (statement.kind === 'var' && statement.form === 'var')) {
      found.set(statement.name, { name: statement.name, start: statement.nameStart, statement });
    } else if (statement.kind === 'unsupported' && statement.name !== undefined) {
      found.set(statement.name, { name: statement.name, start: statement.start, statement: undefined });
    }
  }
  return found;
}

/** An imported name can be exported again. */
function importedDeclaration(program: Program, name: string): Declaration | undefined {
  for (const statement of program.body) {
    if (statement.kind !== 'import') continue;
    const item = statement.names.find((candidate) => (candidate.alias ?? candidate.name) === name);
    if (item !== undefined) return { name, start: item.start, statement: undefined };
    if (statement.namespace === name) return { name, start: statement.start, statement: undefined };
  }
  return undefined;
}

function documentationOf(docs: Docs): ReadonlyMap<string, Section> {
  const byName = new Map<string, Section>();
  for (const section of docs.sections) {
    for (const name of documentedNames(section.title)) if (!byName.has(name)) byName.set(name, section);
  }
  return byName;
}

interface ExportParts {
  readonly name: string;
  readonly declaration: Declaration;
  readonly documentation: ReadonlyMap<string, Section>;
}

function exportInfo(
  { source }: ExportContext,
  { name, declaration, documentation }: ExportParts,
): ExportInfo {
  const { statement } = declaration;
  const section = documentation.get(name);
  const comment = statement === undefined ? undefined : commentAbove(source, statement.start);
  const described = statement === undefined ? undefined : describedBy(statement);
  return {
    name,
    kind: statement?.kind === 'exe' ? 'exe' : 'var',
    parameters: statement?.kind === 'exe' ? statement.parameters.map(parameterInfo) : [],
    returns: statement?.kind === 'exe' ? statement.returns : undefined,
    doc: [section?.text, comment, described].find((text) => text !== undefined && text !== ''),
    examples: section?.examples ?? [],
    place: placeAt(source, declaration.start),
  };
}

function parameterInfo(parameter: ExeStatement['parameters'][number]): ParameterInfo {
  return { name: parameter.name, type: parameter.type, optional: parameter.optional };
}

/** The `>>` lines directly above. */
export function commentAbove(source: Source, start: number): string | undefined {
  const lines: string[] = [];
  let end = source.text.lastIndexOf('\n', start - 1);
  while (end > 0) {
    const from = source.text.lastIndexOf('\n', end - 1) + 1;
    const match = /^[ \t]*>>[ \t]?(.*?)\r?$/.exec(source.text.slice(from, end));
    if (match === null) break;
    lines.unshift(match[1]!);
    end = from - 1;
  }
  const text = lines.join('\n').trim();
  return text === '' ? undefined : text;
}

/** `with { description: "…" }` behind the body. */
function describedBy(statement: ExeStatement | VarStatement | Statement): string | undefined {
  const body = statement.kind === 'exe' ? statement.body : undefined;
  if (body?.kind !== 'with') return undefined;
  const entry = body.options?.entries.find(({ key }) => key === 'description');
  return entry?.value.kind === 'literal' && typeof entry.value.value === 'string'
    ? entry.value.value
    : undefined;
}

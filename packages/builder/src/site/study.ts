/** What is told from a version's own files: documentation, exports, capabilities, quality. Nothing is run. */
import { type IndexVersion, kindFacts, mcpTools } from '@mlld/format';
import {
  type Analysis,
  analyse,
  type Capability,
  capabilities,
  documentedNames,
  type Quality,
  quality,
  readmeOf,
} from '@mlld/lang';
import type { ModuleFacts } from '../outputs/output.ts';

export interface Study {
  /** Texts of the files that are text, by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Undefined where the entry's text is not at hand. */
  readonly analysis: Analysis | undefined;
  readonly capabilities: readonly Capability[];
  /** Markdown about no single export. */
  readonly readme: string;
}

type BytesOf = (sha256: NonNullable<IndexVersion['digest']>) => Uint8Array | undefined;

/** Bytes of a file that are looked at: what is longer is no text that people read. */
const mostBytes = 512 * 1024;

export async function studyVersion(
  { entry, files, kind }: Pick<IndexVersion, 'entry' | 'files' | 'kind'>,
  bytes: BytesOf,
): Promise<Study> {
  const texts = new Map<string, string>();
  for (const { path, sha256, size = 0 } of files) {
    if (sha256 === undefined || size > mostBytes) continue;
    const found = bytes(sha256);
    const text = found === undefined ? undefined : textOf(found);
    if (text !== undefined) texts.set(path, text);
  }
  const source = texts.get(entry);
  const readme = readmeOf(texts);
  // Nobody imports a theme or a template: its entry is no code.
  const analysis =
    source === undefined || !kindFacts[kind].isCode
      ? undefined
      : await analyse(source, { file: entry, ...(readme === undefined ? {} : { readme }) });
  const code = [...texts]
    .filter(([path]) => !/\.test\.ml?d/.test(path))
    .map(([file, text]) => ({ file, text }));
  return {
    texts,
    analysis,
    capabilities: capabilities(code).needs,
    readme: proseOf(source ?? '', { entry, readme, analysis }),
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Undefined for what is no UTF-8, or has characters that no text has. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length > mostBytes) return undefined;
  try {
    const text = decoder.decode(bytes);
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

interface Prose {
  readonly entry: string;
  readonly readme: string | undefined;
  readonly analysis: Analysis | undefined;
}

/** The Markdown of a module without its code, its frontmatter, and the sections that document an export. */
function proseOf(source: string, { entry, readme, analysis }: Prose): string {
  const own = /\.md$/.test(entry) ? source : '';
  const exported = new Set(analysis?.exports.map(({ name }) => name));
  return [readme, own]
    .filter((text) => text !== undefined && text !== '')
    .map((text) => withoutExports(text ?? '', exported))
    .join('\n\n');
}

/** A line of Markdown, as far as it matters here. */
interface Line {
  readonly text: string;
  /** Inside of a fence of code that the module runs, its marks included. */
  readonly isCode: boolean;
  /** Inside of any fence. */
  readonly isFenced: boolean;
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let fence: { readonly mark: string; readonly isCode: boolean } | undefined;
  for (const line of text.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, '').split(/\r?\n/)) {
    const [, mark, info = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence === undefined && mark !== undefined) {
      fence = { mark, isCode: /^\s*mlld-run\b/.test(info) };
      lines.push({ text: line, isCode: fence.isCode, isFenced: true });
    } else {
      lines.push({ text: line, isCode: fence?.isCode ?? false, isFenced: fence !== undefined });
      if (fence !== undefined && mark?.startsWith(fence.mark) === true && info.trim() === '')
        fence = undefined;
    }
  }
  return lines;
}

function withoutExports(text: string, exported: ReadonlySet<string>): string {
  const kept: string[][] = [[]];
  let dropped = false;
  for (const { text: line, isCode, isFenced } of linesOf(text)) {
    const title = isFenced ? undefined : /^#{1,6}[ \t]+(.*?)[ \t]*#*$/.exec(line)?.[1];
    if (title !== undefined) {
      dropped = documentedNames(title).some((name) => exported.has(name));
      if (!dropped) kept.push([]);
    }
    const isDirective = !isFenced && /^\/(?:needs|import|export|var|exe)\b/.test(line);
    if (!dropped && !isCode && !isDirective) kept.at(-1)?.push(line);
  }
  return withoutEmptyHeadings(kept)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Headings of which nothing is left, and below which there is no heading of a lower level. */
function withoutEmptyHeadings(sections: readonly (readonly string[])[]): string[] {
  const level = (lines: readonly string[] | undefined) =>
    /^(#{1,6}) /.exec(lines?.[0] ?? '')?.[1]?.length ?? 7;
  const isEmpty = (lines: readonly string[]) => lines.slice(1).every((line) => line.trim() === '');
  const kept: (readonly string[])[] = [];
  for (const lines of [...sections].reverse()) {
    const hasMore = kept.length > 0 && level(kept[0]) > level(lines) && level(kept[0]) < 7;
    if (level(lines) === 7 || !isEmpty(lines) || hasMore) kept.unshift(lines);
  }
  return kept.flat();
}

export interface Studied {
  readonly study: Study;
  readonly quality: Quality | undefined;
}

/** A version and its quality, for which the version before is looked at too. */
export async function studyModule(
  module: Pick<ModuleFacts, 'versions' | 'read'>,
  line: IndexVersion,
  bytes: BytesOf,
): Promise<Studied> {
  const study = await studyVersion(line, bytes);
  const older = module.versions[module.versions.indexOf(line) + 1];
  const before = older === undefined ? undefined : await studyVersion(older, bytes);
  return { study, quality: await qualityOf(module, line, { study, before }) };
}

async function qualityOf(
  { versions, read }: Pick<ModuleFacts, 'versions' | 'read'>,
  line: IndexVersion,
  { study, before }: { readonly study: Study; readonly before?: Study | undefined },
): Promise<Quality | undefined> {
  const release = read.releases.find(({ version }) => version === line.version);
  if (study.analysis === undefined || release === undefined) return undefined;
  const { keywords, repo, bugs } = release.kind === 'signed' ? release.release : release.record;
  const at = versions.indexOf(line);
  const older = versions[at + 1];
  return quality({
    name: line.name,
    version: line.version,
    about: release.kind === 'signed' ? release.release.about : (read.metadata?.about ?? ''),
    keywords,
    license: line.license,
    repo,
    bugs,
    needs: line.needs,
    entry: line.entry,
    texts: study.texts,
    tools: line.kind === 'mcp-server' ? mcpTools(study.texts) : undefined,
    versions: versions.length - at,
    analysis: study.analysis,
    before:
      older === undefined || before?.analysis === undefined
        ? undefined
        : { version: older.version, analysis: before.analysis },
  });
}

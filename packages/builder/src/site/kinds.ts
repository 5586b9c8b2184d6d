/** What a page shows of one kind alone: how a theme looks, what a template asks and makes, what an MCP server offers and may do. */
import { type IndexVersion, isRegistryError, mcpFiles, parseMcpManifest } from '@mlld/format';
import type { McpView, TemplateView, ThemeView } from '@mlld/site';
import { parseManifest, renderPath, treeOf } from '@mlld/template';
import {
  checkContrast,
  linesOf,
  parseTheme,
  sample,
  summarise,
  tokensOf,
  variantCss,
  variantsOf,
} from '@mlld/theme';

export interface KindViews {
  readonly theme?: ThemeView | undefined;
  readonly template?: TemplateView | undefined;
  readonly mcp?: McpView | undefined;
}

/** A part that can't be read is left out: the page says nothing about it, and the rest of it is there. */
export function kindViews(
  { kind, entry, files, name, version }: Pick<IndexVersion, 'kind' | 'entry' | 'files' | 'name' | 'version'>,
  texts: ReadonlyMap<string, string>,
): KindViews {
  const source = texts.get(kind === 'mcp-server' ? mcpFiles.manifest : entry);
  if (source === undefined) return {};
  try {
    if (kind === 'theme') return { theme: themeView(source) };
    if (kind === 'template')
      return {
        template: templateView(
          source,
          files.map(({ path }) => path),
        ),
      };
    return kind === 'mcp-server' ? { mcp: mcpView(source, { name, version }) } : {};
  } catch (error) {
    if (isRegistryError(error)) return {};
    throw error;
  }
}

function themeView(source: string): ThemeView {
  const theme = parseTheme(source);
  const variants = variantsOf(theme);
  const failing = new Set(checkContrast(theme).map(({ variant }) => variant));
  return {
    name: theme.name,
    contrast: theme.contrast,
    variants: variants.map((variant, i) => ({
      name: variant.name,
      mode: variant.mode,
      least: summarise(variant).least,
      keepsPromise: !failing.has(variant.name),
      selector: `theme-${i}`,
      palette: Object.keys(variant.terminal),
    })),
    css: `${variants.map((variant, i) => variantCss(variant, `.theme-${i}`)).join('\n')}\n`,
    lines: linesOf(tokensOf(sample)),
  };
}

/** Files of a template that a page lists. */
const listedFiles = 200;

function templateView(source: string, paths: readonly string[]): TemplateView {
  const { folder, prompts, rules, next } = parseManifest(source);
  const inner = paths.flatMap((one) => (one.startsWith(`${folder}/`) ? [one.slice(folder.length + 1)] : []));
  const conditional = rules.filter(({ when }) => when !== undefined).map(({ match }) => match);
  return {
    prompts: prompts.map((one) => ({
      name: one.name,
      ask: one.ask,
      kind: one.kind,
      choices: one.kind === 'choice' ? one.choices.map(({ label }) => label) : [],
      fallback: one.kind === 'confirm' ? (one.default ? 'yes' : 'no') : one.default,
      conditional: one.when !== undefined,
    })),
    // As they come to stand, but for what answers fill in.
    tree: treeOf(inner.slice(0, listedFiles).map((path) => renderPath(path, new Map()))),
    files: inner.length,
    conditional,
    next,
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function mcpView(
  source: string,
  { name, version }: { readonly name: string; readonly version: string },
): McpView {
  const { permissions, observed } = parseMcpManifest(source);
  const short = name.split('/')[1] ?? name;
  const servers = { [short]: { command: 'mlld', args: ['mcp', 'serve', `${name}@${version}`] } };
  return {
    permissions: {
      hosts: permissions.hosts,
      folders: permissions.folders.map(({ path, access }) => ({ path, access })),
      environment: permissions.environment.map((one) => ({
        name: one.name,
        secret: one.secret,
        required: one.required,
      })),
      commands: permissions.commands,
    },
    definitions: (observed?.definitions ?? []).slice(0, 200).map((one) => ({
      kind: one.kind,
      name: one.name,
      sha256: one.sha256,
      description: text(one.definition.description).slice(0, 4000),
      schema: JSON.stringify(one.definition.inputSchema ?? one.definition.arguments ?? {}, null, 2).slice(
        0,
        20_000,
      ),
    })),
    protocol: observed?.protocolVersion,
    startMs: observed?.startMs,
    configuration: `${JSON.stringify({ mcpServers: servers }, null, 2)}`,
  };
}

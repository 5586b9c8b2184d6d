/** Visual Studio Code: colour themes, and the extension that brings them. */
import type { Colour } from '../colour.ts';
import { mix } from '../colour.ts';
import type { ResolvedLook, Variant } from '../source/resolve.ts';
import { ansiNames, scopeNames, scopes } from '../source/scopes.ts';
import type { CompiledTheme, Target, TargetFile } from './target.ts';
import { json } from './target.ts';
import { vsix } from './vsix.ts';

const fontStyle = ({ styles }: ResolvedLook): string => styles.join(' ');

/** The theme file; Shiki reads the same one. */
export function vscodeTheme(variant: Variant): Record<string, unknown> {
  const { looks, mode, name } = variant;
  const rules = scopeNames.map((scope) => ({
    name: scope,
    scope: scopes[scope].textmate,
    settings: { foreground: looks[scope].colour, fontStyle: fontStyle(looks[scope]) },
  }));
  const semantic = scopeNames.flatMap((scope) =>
    scopes[scope].semantic.map((token) => [
      token,
      { foreground: looks[scope].colour, fontStyle: fontStyle(looks[scope]) },
    ]),
  );
  return {
    $schema: 'vscode://schemas/color-theme',
    name,
    type: mode,
    colors: colorsOf(variant),
    semanticHighlighting: true,
    semanticTokenColors: Object.fromEntries(semantic) as unknown,
    tokenColors: [
      { settings: { foreground: variant.ui.foreground, background: variant.ui.background } },
      ...rules,
    ],
  };
}

function colorsOf({ ui, terminal, looks }: Variant): Record<string, Colour> {
  const { background, foreground, cursor, selection, line, gutter, border, accent } = ui;
  const panel = mix(background, foreground, 0.03);
  const ansi = ansiNames.map((name) => [
    `terminal.ansi${name[0]?.toUpperCase()}${name.slice(1)}`,
    terminal[name],
  ]);
  return {
    'editor.background': background,
    'editor.foreground': foreground,
    'editorCursor.foreground': cursor,
    'editor.selectionBackground': selection,
    'editor.lineHighlightBackground': line,
    'editorLineNumber.foreground': gutter,
    'editorLineNumber.activeForeground': foreground,
    'editorIndentGuide.background1': border,
    'editorWidget.background': panel,
    'editorWidget.border': border,
    'editorError.foreground': looks.invalid.colour,
    'editorWarning.foreground': looks.number.colour,
    'editorInfo.foreground': looks.function.colour,
    'activityBar.background': panel,
    'activityBar.foreground': foreground,
    'sideBar.background': panel,
    'sideBar.foreground': foreground,
    'sideBar.border': border,
    'statusBar.background': panel,
    'statusBar.foreground': foreground,
    'statusBar.border': border,
    'tab.activeBackground': background,
    'tab.activeForeground': foreground,
    'tab.inactiveBackground': panel,
    'tab.inactiveForeground': foreground,
    'tab.border': border,
    'titleBar.activeBackground': panel,
    'titleBar.activeForeground': foreground,
    'panel.background': background,
    'panel.border': border,
    'list.activeSelectionBackground': selection,
    'list.activeSelectionForeground': foreground,
    'list.hoverBackground': line,
    'input.background': background,
    'input.foreground': foreground,
    'input.border': border,
    focusBorder: accent,
    'textLink.foreground': looks.link.colour,
    'button.background': accent,
    'button.foreground': background,
    'terminal.background': background,
    'terminal.foreground': foreground,
    'terminalCursor.foreground': cursor,
    ...Object.fromEntries(ansi),
  } as Record<string, Colour>;
}

const themeFile = ({ slug }: Variant): string => `themes/${slug}-color-theme.json`;

/** What `vsce` would put into the package, without what only its market needs. */
export function extensionFiles({ theme, variants, info }: CompiledTheme): TargetFile[] {
  const manifest = {
    name: info.name,
    displayName: theme.name,
    description: info.about,
    version: info.version.replace(/-.*$/, ''),
    publisher: info.author,
    license: info.license,
    ...(info.repo === undefined ? {} : { repository: { type: 'git', url: info.repo } }),
    engines: { vscode: '^1.70.0' },
    categories: ['Themes'],
    keywords: ['theme', 'color-theme', 'mlld'],
    contributes: {
      themes: variants.map((variant) => ({
        label: variant.name,
        uiTheme: uiTheme(variant),
        path: `./${themeFile(variant)}`,
      })),
    },
  };
  return [
    { path: 'package.json', content: json(manifest) },
    { path: 'README.md', content: `# ${theme.name}\n\n${info.about}\n` },
    ...variants.map((variant) => ({ path: themeFile(variant), content: json(vscodeTheme(variant)) })),
  ];
}

function uiTheme({ mode, contrast }: Variant): string {
  if (contrast === 'AAA') return mode === 'dark' ? 'hc-black' : 'hc-light';
  return mode === 'dark' ? 'vs-dark' : 'vs';
}

export const vscode: Target = {
  id: 'vscode',
  title: 'Visual Studio Code',
  build: (compiled) => {
    const files = extensionFiles(compiled);
    const { info, theme } = compiled;
    const name = `${info.author}.${info.name}-${info.version.replace(/-.*$/, '')}.vsix`;
    return [{ path: name, content: vsix(files, { ...info, title: theme.name }) }, ...files];
  },
};

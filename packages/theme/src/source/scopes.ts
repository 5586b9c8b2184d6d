/**
 * What of a text a theme colours (docs/spec/themes.md §3): one list, from which every target takes its own names. A scope that a theme
 * does not name looks like the one it is `like`.
 */

export interface ScopeEntry {
  /** The scope whose look it has where a theme names none for it; none: that of plain text. */
  readonly like?: string;
  /** TextMate scopes, as grammars for VS Code, Sublime Text, TextMate and Shiki give them. */
  readonly textmate: readonly string[];
  /** Highlight groups of Vim, and captures of Neovim's tree-sitter. */
  readonly vim: readonly string[];
  /** Classes of highlight.js, without `hljs-`. */
  readonly hljs: readonly string[];
  /** Token types of language servers. */
  readonly semantic: readonly string[];
}

const entry = (
  like: string | undefined,
  [textmate, vim, hljs, semantic]: readonly [string, string, string, string?],
): ScopeEntry => {
  const list = (text = '') => text.split(' ').filter((one) => one !== '');
  const lists = { textmate: list(textmate), vim: list(vim), hljs: list(hljs), semantic: list(semantic) };
  return like === undefined ? lists : { like, ...lists };
};

export const scopes = {
  comment: entry(undefined, [
    'comment punctuation.definition.comment',
    'Comment @comment',
    'comment quote',
    'comment',
  ]),
  string: entry(undefined, [
    'string punctuation.definition.string',
    'String Character @string',
    'string',
    'string',
  ]),
  escape: entry('constant', [
    'constant.character.escape',
    'SpecialChar @string.escape',
    'char.escape_',
    'regexp',
  ]),
  number: entry('constant', ['constant.numeric', 'Number Float @number', 'number', 'number']),
  constant: entry(undefined, [
    'constant constant.language support.constant',
    'Constant Boolean @constant @boolean @constant.builtin',
    'literal',
    'enumMember',
  ]),
  keyword: entry(undefined, [
    'keyword storage keyword.control',
    'Statement Keyword Conditional Repeat Exception @keyword',
    'keyword',
    'keyword modifier',
  ]),
  operator: entry('keyword', ['keyword.operator', 'Operator @operator', 'operator', 'operator']),
  directive: entry('keyword', [
    'keyword.control.directive meta.preprocessor keyword.control.import',
    'PreProc Include Define @keyword.import',
    'meta',
    'macro decorator',
  ]),
  function: entry(undefined, [
    'entity.name.function support.function',
    'Function @function @function.call @function.builtin',
    'title title.function_ built_in',
    'function method',
  ]),
  variable: entry(undefined, [
    'variable variable.other',
    'Identifier @variable',
    'variable template-variable',
    'variable',
  ]),
  parameter: entry('variable', ['variable.parameter', '@variable.parameter', 'params', 'parameter']),
  property: entry('variable', [
    'variable.other.property support.type.property-name meta.object-literal.key',
    '@property @variable.member',
    'attr attribute property',
    'property',
  ]),
  type: entry('function', [
    'entity.name.type support.type support.class storage.type.type',
    'Type StorageClass Structure Typedef @type @type.builtin',
    'type title.class_',
    'type class interface struct enum typeParameter',
  ]),
  module: entry('type', [
    'entity.name.module entity.name.namespace support.module',
    '@module',
    'symbol',
    'namespace',
  ]),
  punctuation: entry(undefined, [
    'punctuation meta.brace',
    'Delimiter @punctuation @punctuation.delimiter @punctuation.bracket',
    'punctuation',
  ]),
  interpolation: entry('escape', [
    'punctuation.section.embedded punctuation.definition.template-expression',
    'Special @punctuation.special',
    'subst',
  ]),
  heading: entry('keyword', ['markup.heading entity.name.section', 'Title @markup.heading', 'section']),
  emphasis: entry(undefined, ['markup.italic', '@markup.italic', 'emphasis']),
  strong: entry(undefined, ['markup.bold', '@markup.strong', 'strong']),
  link: entry('string', ['markup.underline.link string.other.link', 'Underlined @markup.link', 'link']),
  code: entry('string', ['markup.inline.raw markup.fenced_code markup.raw', '@markup.raw', 'code']),
  inserted: entry('string', ['markup.inserted', 'DiffAdd Added @diff.plus', 'addition']),
  deleted: entry('invalid', ['markup.deleted', 'DiffDelete Removed @diff.minus', 'deletion']),
  changed: entry('number', ['markup.changed', 'DiffChange Changed @diff.delta', 'tag']),
  invalid: entry(undefined, ['invalid invalid.illegal', 'Error ErrorMsg DiagnosticError', 'invalid']),
} as const satisfies Readonly<Record<string, ScopeEntry>>;

export type Scope = keyof typeof scopes;
export const scopeNames = Object.keys(scopes) as readonly Scope[];

/** Scopes that each theme has to colour: the least that makes code readable. */
export const wantedScopes = [
  'comment',
  'string',
  'constant',
  'keyword',
  'function',
  'variable',
  'invalid',
] as const;

/** Roles of the editor's own colours. `background` and `foreground` are wanted; the rest follow from them where not named. */
export const uiRoles = [
  'background',
  'foreground',
  'cursor',
  'selection',
  'line',
  'gutter',
  'border',
  'accent',
] as const;
export type UiRole = (typeof uiRoles)[number];

export const ansiNames = [
  'black',
  'red',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'white',
  'brightBlack',
  'brightRed',
  'brightGreen',
  'brightYellow',
  'brightBlue',
  'brightMagenta',
  'brightCyan',
  'brightWhite',
] as const;
export type AnsiName = (typeof ansiNames)[number];

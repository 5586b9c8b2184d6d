import { constantWords, directiveWords, innerWords, languageWords, wordsAfter } from './words.ts';

/** A rule of a TextMate grammar, as editors read it. */
export interface Rule {
  readonly name?: string;
  readonly contentName?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly while?: string;
  readonly include?: string;
  readonly captures?: Captures;
  readonly beginCaptures?: Captures;
  readonly endCaptures?: Captures;
  readonly patterns?: readonly Rule[];
}

type Captures = Readonly<Record<string, { readonly name?: string; readonly patterns?: readonly Rule[] }>>;

export interface Grammar {
  readonly name: string;
  readonly scopeName: string;
  readonly fileTypes?: readonly string[];
  readonly injectionSelector?: string;
  readonly patterns: readonly Rule[];
  readonly repository?: Readonly<Record<string, Rule>>;
}

const name = String.raw`[A-Za-z_]\w*(?:-[A-Za-z_]\w*)*`;
const path = String.raw`(?:\.(?:${name}|\d+)|\[[^\]\n]*\])*`;
const either = (words: readonly string[]): string => words.join('|');
const valueForms = ['when', 'for', 'foreach', 'loop', 'run', 'stream'];
const directives = either(directiveWords());
/** Not a key, a parameter, or a name that is assigned: the same tests as in `lex.ts`. */
const free = String.raw`(?![\w-])(?!\s*\??\s*:(?!:))(?!\s*[,)])(?!\s*=(?![=>]))`;
const notWithin = String.raw`(?<![\w@.$-])`;

const include = (...names: readonly string[]): readonly Rule[] => names.map((item) => ({ include: item }));
const captured = (...scopes: readonly (string | undefined)[]): Captures =>
  Object.fromEntries(
    scopes.flatMap((scope, index) =>
      scope === undefined ? [] : [[String(index + 1), { name: `${scope}.mlld` }]],
    ),
  );

function quoted(scope: string, parts: { begin: string; end: string; inner: readonly Rule[] }): Rule {
  const mark = `punctuation.definition.string`;
  return {
    name: `${scope}.mlld`,
    begin: parts.begin,
    end: parts.end,
    beginCaptures: { 0: { name: `${mark}.begin.mlld` } },
    endCaptures: { 0: { name: `${mark}.end.mlld` } },
    patterns: parts.inner,
  };
}

const escapes: Rule = {
  name: 'constant.character.escape.mlld',
  match: String.raw`\\(?:u[0-9a-fA-F]{4}|.)|@@`,
};

const strings: Readonly<Record<string, Rule>> = {
  strings: { patterns: include('#single', '#triple', '#colons', '#brackets2025', '#double', '#backtick') },
  single: { name: 'string.quoted.single.mlld', match: String.raw`'(?:\\.|[^'\\\n])*'` },
  double: quoted('string.quoted.double', {
    begin: '"',
    end: '"|$',
    inner: [escapes, ...include('#hole-tick', '#hole')],
  }),
  backtick: quoted('string.template', {
    begin: '`',
    end: '`',
    inner: [escapes, ...include('#hole-quote', '#loop', '#hole')],
  }),
  colons: quoted('string.template', {
    begin: '::(?!:)',
    end: '::',
    inner: [escapes, ...include('#hole-tick', '#loop', '#hole')],
  }),
  triple: quoted('string.template', { begin: ':::', end: ':::', inner: include('#mustache') }),
  brackets2025: quoted('string.template', {
    begin: String.raw`\[\[(?=[A-Za-z{#*])`,
    end: String.raw`\]\]`,
    inner: include('#mustache'),
  }),
  mustache: {
    match: String.raw`(\{\{)\s*@?(${name})((?:\.[\w-]+)*)\s*(\}\})`,
    captures: captured(
      'punctuation.section.embedded',
      'variable.other',
      'variable.other.property',
      'punctuation.section.embedded',
    ),
  },
  loop: {
    match: String.raw`^(/for)\s+(@\w+)\s*(?:,\s*(@?\w+)\s*)?(in)\s*(@\w+)|^(/end)\b`,
    captures: captured(
      'keyword.control',
      'variable.other',
      'variable.other',
      'keyword.control',
      'variable.other',
      'keyword.control',
    ),
  },
  hole: {
    patterns: [
      {
        begin: String.raw`(@${name})(${path})(\()`,
        end: String.raw`\)`,
        beginCaptures: captured('variable.other', 'variable.other.property', 'punctuation.section.arguments'),
        patterns: include('#code'),
      },
      {
        begin: String.raw`(?<=\))((?:\.(?:${name}))+)(\()`,
        end: String.raw`\)`,
        beginCaptures: captured('variable.function', 'punctuation.section.arguments'),
        patterns: include('#code'),
      },
      {
        match: String.raw`(@${name})(${path})((?:\|@${name})*)`,
        captures: captured('variable.other', 'variable.other.property', 'variable.function'),
      },
      { name: 'string.unquoted.path.mlld', match: String.raw`<(?=[^<>\n"'=]*[./*])[\w.@~*-][^<>\n"'=]*>|<>` },
    ],
  },
  'hole-tick': {
    name: 'meta.conditional.mlld',
    begin: String.raw`(@${name})(${path})(\?)(${'`'})`,
    end: '`',
    beginCaptures: captured(
      'variable.other',
      'variable.other.property',
      'keyword.operator',
      'string.template',
    ),
    contentName: 'string.template.mlld',
    patterns: [escapes, ...include('#hole')],
  },
  'hole-quote': {
    name: 'meta.conditional.mlld',
    begin: String.raw`(@${name})(${path})(\?\??)(")`,
    end: '"',
    beginCaptures: captured(
      'variable.other',
      'variable.other.property',
      'keyword.operator',
      'string.quoted.double',
    ),
    contentName: 'string.quoted.double.mlld',
    patterns: [escapes, ...include('#hole')],
  },
};

/** Code between braces: its own texts and comments are passed over, so that a brace within them closes nothing. */
function embedded(words: string, language: { id: string; scope: string; inner: readonly string[] }): Rule {
  return {
    begin: String.raw`${notWithin}(${words})((?::[^\s{(]+)?)\s*((?:\([^()\n]*\))?)\s*(\{)`,
    end: String.raw`\}`,
    beginCaptures: {
      1: { name: 'keyword.other.language.mlld' },
      2: { name: 'string.unquoted.path.mlld' },
      3: { patterns: include('#variables') },
      4: { name: 'punctuation.section.embedded.begin.mlld' },
    },
    endCaptures: { 0: { name: 'punctuation.section.embedded.end.mlld' } },
    contentName: `meta.embedded.block.${language.id}`,
    patterns: [...include(...language.inner), ...(language.scope === '' ? [] : include(language.scope))],
  };
}

function nest(inner: readonly string[]): Rule {
  return { begin: String.raw`\{`, end: String.raw`\}`, patterns: include(...inner) };
}

const jsInner = ['#js-text', '#js-nest', 'source.js'];
const shInner = ['#sh-text', '#sh-nest', 'source.shell'];
const pyInner = ['#py-text', '#py-nest', 'source.python'];
const cmdInner = ['#cmd-text', '#cmd-nest'];

const programs: Readonly<Record<string, Rule>> = {
  programs: {
    patterns: [
      embedded('js|javascript|nodejs|node', { id: 'javascript', scope: '', inner: jsInner }),
      embedded('sh|bash|shell', { id: 'shellscript', scope: '', inner: shInner }),
      embedded('python|py', { id: 'python', scope: '', inner: pyInner }),
      embedded('cmd|run|prose', { id: 'command', scope: '', inner: cmdInner }),
      {
        begin: String.raw`(\|)\s*(\{)`,
        end: String.raw`\}`,
        beginCaptures: captured('keyword.operator', 'punctuation.section.embedded.begin'),
        contentName: 'meta.embedded.block.command',
        patterns: include(...cmdInner),
      },
    ],
  },
  'js-nest': nest(jsInner),
  'sh-nest': nest(shInner),
  'py-nest': nest(pyInner),
  'cmd-nest': nest(cmdInner),
  'js-text': {
    patterns: [
      { name: 'comment.line.double-slash.js', match: '//.*$' },
      { name: 'comment.block.js', begin: String.raw`/\*`, end: String.raw`\*/` },
      { name: 'string.quoted.js', match: String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'` },
      {
        name: 'string.template.js',
        begin: '`',
        end: '`',
        patterns: [
          { match: String.raw`\\.` },
          { begin: String.raw`\$\{`, end: String.raw`\}`, patterns: include(...jsInner) },
        ],
      },
      {
        name: 'string.regexp.js',
        match: String.raw`(?:(?<=[(,=:\[!&|?{};+\-*%~^<>])|^|(?<=return|typeof))\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*`,
      },
    ],
  },
  'sh-text': {
    patterns: [
      { match: String.raw`\\.` },
      { name: 'comment.line.number-sign.shell', match: String.raw`(?<=\s|;|\{)#.*$|^#.*$` },
      { name: 'string.quoted.single.shell', begin: "'", end: "'" },
      { name: 'string.quoted.double.shell', begin: '"', end: '"', patterns: [{ match: String.raw`\\.` }] },
    ],
  },
  'py-text': {
    patterns: [
      { name: 'comment.line.number-sign.python', match: '#.*$' },
      { name: 'string.quoted.triple.python', begin: '"""', end: '"""' },
      { name: 'string.quoted.triple.python', begin: "'''", end: "'''" },
      { name: 'string.quoted.python', match: String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'` },
    ],
  },
  'cmd-text': {
    patterns: [
      { match: String.raw`\\.` },
      ...include('#hole-tick'),
      { name: 'string.quoted.single.mlld', begin: "'", end: "'", patterns: include('#hole') },
      {
        name: 'string.quoted.double.mlld',
        begin: '"',
        end: '"',
        patterns: [{ match: String.raw`\\.` }, ...include('#hole')],
      },
      ...include('#hole'),
    ],
  },
};

const after: readonly Rule[] = [...wordsAfter].map(([first, words]) => ({
  match: String.raw`${notWithin}(${first})\s+(${either(words)})${free}`,
  captures: captured('keyword.control', 'keyword.other'),
}));

const code: Readonly<Record<string, Rule>> = {
  code: {
    patterns: include(
      '#comments',
      '#programs',
      '#references',
      '#strings',
      '#paths',
      '#regex',
      '#keywords',
      '#numbers',
      '#variables',
      '#operators',
    ),
  },
  comments: { name: 'comment.line.double-angle.mlld', match: '(?:>>|<<).*$' },
  references: {
    match: String.raw`${notWithin}(from|import|mcp)\s+((?:(?:mcp|node|module|static|live|local|cached|templates|tools)\s+)*)(@[\w-]+/[^\s(),;]+|node\s+\S+)`,
    captures: captured('keyword.control', 'keyword.other', 'entity.name.namespace'),
  },
  paths: {
    name: 'string.unquoted.path.mlld',
    match: String.raw`(?<![\w)\]])<(?=[\w.@~*-][^<>\n&|=]*[./*]|@\w+>)[^<>\n&|=]*>|(?<=from)\s*<[^<>\n]+>`,
    captures: { 0: { patterns: [{ name: 'variable.other.mlld', match: `@${name}` }] } },
  },
  regex: {
    name: 'string.regexp.mlld',
    match: String.raw`(?<=[(,])\s*/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*`,
  },
  keywords: {
    patterns: [
      ...after,
      {
        match: String.raw`^\s*(/(?:${directives})|@(?:${directives})(?=[ \t]+(?![=+|?.*/<>!&-])|[ \t]*\[\())(?![\w/.])`,
        captures: captured('keyword.control'),
      },
      {
        match: String.raw`(?:^|(=>|[\[;|,]))\s*(${directives})${free}`,
        captures: captured('keyword.operator', 'keyword.control'),
      },
      {
        name: 'keyword.control.mlld',
        match: `${notWithin}(?:${either([...innerWords, ...valueForms])})${free}`,
      },
      {
        name: 'keyword.other.language.mlld',
        match: String.raw`(?<=exe )\s*(?:${either(languageWords)})(?![\w-])`,
      },
      {
        name: 'keyword.other.language.mlld',
        match: String.raw`${notWithin}(?:${either(languageWords)})${free}(?=(?::\S+)?\s*[({"'@\w])`,
      },
      {
        name: 'constant.language.mlld',
        match: `${notWithin}(?:${either(constantWords)})(?![\\w-])(?!\\s*\\??\\s*:(?!:))`,
      },
    ],
  },
  numbers: {
    name: 'constant.numeric.mlld',
    match: String.raw`(?<![\w@.])\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?(?:ms|[smhdw])?(?!\w)`,
  },
  variables: {
    patterns: [
      { match: String.raw`(exe)\s+`, captures: captured('keyword.control') },
      { name: 'entity.name.function.mlld', match: String.raw`@${name}(?=\()` },
      { name: 'variable.other.mlld', match: `@${name}` },
      { match: String.raw`\.(${name})(?=\()`, captures: captured('entity.name.function') },
      { match: String.raw`\.(${name}|\d+)`, captures: captured('variable.other.property') },
      { name: 'support.type.property-name.mlld', match: String.raw`${name}(?=\s*\??\s*:(?!:))` },
      { name: 'variable.function.mlld', match: String.raw`${name}(?=\()` },
      { name: 'variable.other.mlld', match: name },
    ],
  },
  operators: {
    name: 'keyword.operator.mlld',
    match: String.raw`!~=|===|!==|\.\.\.|=>|->|[=!~<>]=|\?\?|&&|\|\||[-+*/]=|[=<>+\-*/%!|?]`,
  },
};

/** The grammar of `.mld` files for editors (`source.mlld`), made from the words of the language. */
export function mlldGrammar(): Grammar {
  return {
    name: 'mlld',
    scopeName: 'source.mlld',
    fileTypes: ['mld'],
    patterns: [
      {
        begin: String.raw`\A\uFEFF?---[ \t]*$`,
        end: String.raw`^---[ \t]*$`,
        name: 'meta.embedded.block.frontmatter',
        patterns: include('source.yaml'),
      },
      ...include('#code'),
    ],
    repository: { ...code, ...strings, ...programs },
  };
}

/** What adds mlld to the Markdown of an editor: fences of `mlld-run` and `mlld`, and lines that begin with a directive. */
export function markdownGrammar(): Grammar {
  const fence = String.raw`(?:^|\G)(\s{0,3})(${'`'}{3,}|~{3,})\s*(mlld-run|mlld|mld)\b([^${'`'}~\n]*)$`;
  return {
    name: 'mlld in Markdown',
    scopeName: 'markdown.mlld.codeblock',
    injectionSelector: 'L:text.html.markdown - meta.embedded',
    patterns: [
      {
        name: 'markup.fenced_code.block.markdown',
        begin: fence,
        end: String.raw`(?:^|\G)\s{0,3}\2${'`'}*~*\s*$`,
        beginCaptures: {
          2: { name: 'punctuation.definition.markdown' },
          3: { name: 'fenced_code.block.language' },
          4: { name: 'fenced_code.block.language.attributes' },
        },
        endCaptures: { 0: { name: 'punctuation.definition.markdown' } },
        patterns: [
          {
            begin: String.raw`(?:^|\G)(?!\s{0,3}(?:${'`'}{3,}|~{3,})\s*$)`,
            while: String.raw`(?:^|\G)(?!\s{0,3}(?:${'`'}{3,}|~{3,})\s*$)`,
            contentName: 'meta.embedded.block.mlld',
            patterns: include('source.mlld'),
          },
        ],
      },
      {
        begin: String.raw`^(?=/(?:${directives})(?:[\s{\[]|$))`,
        end: '$',
        name: 'meta.embedded.line.mlld',
        patterns: include('source.mlld'),
      },
    ],
  };
}

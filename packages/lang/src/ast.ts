/** The tree of a program. `start` and `end` are offsets into the source. Both dialects give the same tree. */

interface At {
  readonly start: number;
  readonly end: number;
}

export type Dialect = 'strict' | 'markdown';
export type Language = 'js' | 'node' | 'sh' | 'py';

export interface Program extends At {
  readonly kind: 'program';
  readonly dialect: Dialect;
  /** The text between the `---` lines at the top. */
  readonly frontmatter: (At & { readonly text: string }) | undefined;
  readonly body: readonly Statement[];
  /** Documentation fences of a Markdown source: never run. */
  readonly fences: readonly Fence[];
  readonly comments: readonly At[];
}

/** A fenced block of a Markdown source. `start`/`end` enclose the content, `outer*` the fence lines too. */
export interface Fence extends At {
  readonly info: string;
  readonly outerStart: number;
  readonly outerEnd: number;
}

// ---- statements

export type Statement =
  | ImportStatement
  | ExportStatement
  | NeedsStatement
  | AuthStatement
  | VarStatement
  | AssignStatement
  | ExeStatement
  | ShadowStatement
  | ShowStatement
  | RunStatement
  | OutputStatement
  | LogStatement
  | IfStatement
  | ReturnStatement
  | FlowStatement
  | BailStatement
  | ExpressionStatement
  | UnsupportedStatement
  | TextStatement;

export type ImportKind = 'registry' | 'local' | 'builtin' | 'url' | 'mcp' | 'node';

export interface ImportedName extends At {
  /** `*` for all. */
  readonly name: string;
  readonly alias: string | undefined;
}

export interface ImportStatement extends At {
  readonly kind: 'import';
  /** As written: `@alice/strings@^1`, `./lib.mld`, `https://…`, `input`. */
  readonly ref: string;
  readonly importKind: ImportKind;
  /** A word before the names: `module`, `static`, `live`, `local`, `tools`, `templates`, … */
  readonly type: string | undefined;
  readonly names: readonly ImportedName[];
  readonly namespace: string | undefined;
  /** Parameters of `import templates from … as @ns(a, b)`. */
  readonly namespaceParameters: readonly string[] | undefined;
  readonly ttl: string | undefined;
  readonly trust: 'always' | 'verify' | 'never' | undefined;
  readonly refStart: number;
  readonly refEnd: number;
}

export interface ExportStatement extends At {
  readonly kind: 'export';
  readonly names: readonly ImportedName[];
}

export interface NeedsStatement extends At {
  readonly kind: 'needs';
  readonly needs: readonly DeclaredNeed[];
}

/** `js`, `node`, `sh`, `cmd`, `py`, `network`, `filesystem`, …, and what it lists: packages, commands, hosts. */
export interface DeclaredNeed {
  readonly name: string;
  readonly list: readonly string[];
}

export interface AuthStatement extends At {
  readonly kind: 'auth';
  readonly name: string;
  readonly value: Expression;
}

export interface VarStatement extends At {
  readonly kind: 'var';
  readonly form: 'var' | 'let';
  readonly labels: readonly string[];
  readonly name: string;
  readonly nameStart: number;
  readonly optional: boolean;
  readonly value: Expression;
}

export interface AssignStatement extends At {
  readonly kind: 'assign';
  readonly name: string;
  readonly operator: '=' | '+=' | '-=' | '*=' | '/=';
  readonly value: Expression;
}

export interface Parameter extends At {
  readonly name: string;
  readonly type: string | undefined;
  readonly optional: boolean;
  readonly defaultValue: Expression | undefined;
}

export interface ExeStatement extends At {
  readonly kind: 'exe';
  readonly name: string;
  readonly nameStart: number;
  readonly labels: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly returns: string | undefined;
  readonly body: Expression;
}

/** `exe js = { f, g }`: the functions that all code of a language sees. */
export interface ShadowStatement extends At {
  readonly kind: 'shadow';
  readonly language: Language;
  readonly names: readonly { readonly name: string; readonly local: string }[];
}

export interface ShowStatement extends At {
  readonly kind: 'show';
  readonly value: Expression;
}

export interface RunStatement extends At {
  readonly kind: 'run';
  readonly value: Expression;
}

export interface OutputStatement extends At {
  readonly kind: 'output';
  readonly append: boolean;
  readonly value: Expression | undefined;
  readonly target: OutputTarget;
  readonly format: string | undefined;
}

export type OutputTarget =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'stderr' }
  | { readonly kind: 'file'; readonly path: Expression };

export interface LogStatement extends At {
  readonly kind: 'log';
  readonly values: readonly Expression[];
}

export interface IfStatement extends At {
  readonly kind: 'if';
  readonly condition: Expression;
  readonly then: readonly Statement[];
  readonly otherwise: readonly Statement[] | undefined;
}

export interface ReturnStatement extends At {
  readonly kind: 'return';
  readonly value: Expression | undefined;
}

/** `done @v`, `continue @v`, `retry "hint"`, `skip`, `break`. */
export interface FlowStatement extends At {
  readonly kind: 'flow';
  readonly flow: 'done' | 'continue' | 'retry' | 'skip' | 'break';
  readonly value: Expression | undefined;
}

export interface BailStatement extends At {
  readonly kind: 'bail';
  readonly value: Expression | undefined;
}

export interface ExpressionStatement extends At {
  readonly kind: 'expression';
  readonly value: Expression;
}

/** A directive that parses but that this runner does not run: `guard`, `policy`, `box`, … */
export interface UnsupportedStatement extends At {
  readonly kind: 'unsupported';
  readonly directive: string;
  readonly name: string | undefined;
}

/** Prose of a Markdown source. */
export interface TextStatement extends At {
  readonly kind: 'text';
}

// ---- expressions

export type Expression =
  | LiteralExpression
  | TemplateExpression
  | ArrayExpression
  | ObjectExpression
  | NameExpression
  | AccessExpression
  | UnaryExpression
  | BinaryExpression
  | TernaryExpression
  | PipelineExpression
  | ParallelExpression
  | CodeExpression
  | CommandExpression
  | FileExpression
  | WhenExpression
  | ForExpression
  | ForeachExpression
  | LoopExpression
  | BlockExpression
  | WithExpression
  | RegexExpression
  | TemplateFileExpression
  | UnsupportedExpression;

export interface LiteralExpression extends At {
  readonly kind: 'literal';
  readonly value: string | number | boolean | null | undefined;
}

export interface TemplateExpression extends At {
  readonly kind: 'template';
  readonly parts: readonly TemplatePart[];
}

export type TemplatePart = string | TemplateHole | TemplateLoop;

/** An interpolation: `@name.field(args)|@pipe`, `@name?`, ``@name?`…` ``, `@name??"x"`, `<file>`. */
export interface TemplateHole extends At {
  readonly kind: 'hole';
  readonly value: Expression;
  readonly optional: boolean;
  readonly fallback: Expression | undefined;
  readonly snippet: TemplateExpression | undefined;
  /** As written, for names that turn out to be plain text. */
  readonly raw: string;
}

/** `/for @x in @xs … /end` within a template. */
export interface TemplateLoop extends At {
  readonly kind: 'loop';
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly source: Expression;
  readonly body: TemplateExpression;
}

export interface ArrayExpression extends At {
  readonly kind: 'array';
  readonly items: readonly ArrayItem[];
}

export interface ArrayItem {
  readonly value: Expression;
  readonly spread: boolean;
  readonly optional: boolean;
}

export interface ObjectExpression extends At {
  readonly kind: 'object';
  readonly entries: readonly ObjectEntry[];
}

export interface ObjectEntry {
  /** Undefined for a spread. */
  readonly key: TemplateExpression | string | undefined;
  readonly value: Expression;
  readonly optional: boolean;
}

export interface NameExpression extends At {
  readonly kind: 'name';
  readonly name: string;
  /** Written without `@`. */
  readonly bare: boolean;
}

export interface AccessExpression extends At {
  readonly kind: 'access';
  readonly object: Expression;
  readonly path: readonly Accessor[];
}

export type Accessor =
  | (At & { readonly kind: 'field'; readonly name: string })
  | (At & { readonly kind: 'index'; readonly index: Expression })
  | (At & {
      readonly kind: 'slice';
      readonly from: Expression | undefined;
      readonly to: Expression | undefined;
    })
  | (At & { readonly kind: 'each' })
  | (At & { readonly kind: 'call'; readonly args: readonly ArrayItem[] });

export interface UnaryExpression extends At {
  readonly kind: 'unary';
  readonly operator: '!' | '-';
  readonly operand: Expression;
}

export type BinaryOperator =
  | '??'
  | '||'
  | '&&'
  | '=='
  | '!='
  | '~='
  | '!~='
  | '<'
  | '>'
  | '<='
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

export interface BinaryExpression extends At {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export interface TernaryExpression extends At {
  readonly kind: 'ternary';
  readonly condition: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}

export interface PipelineExpression extends At {
  readonly kind: 'pipeline';
  /** Undefined where a batch pipeline (`=> | @f`) takes its input from its surroundings. */
  readonly input: Expression | undefined;
  readonly stages: readonly Stage[];
}

export type Stage =
  | (At & {
      readonly kind: 'call';
      readonly target: Expression;
      readonly args: readonly ArrayItem[] | undefined;
    })
  | (At & { readonly kind: 'code'; readonly code: CodeExpression | CommandExpression })
  | (At & { readonly kind: 'group'; readonly stages: readonly Stage[] })
  | (At & { readonly kind: 'while'; readonly limit: Expression | undefined; readonly stage: Stage })
  | (At & { readonly kind: 'log'; readonly value: Expression | undefined })
  | (At & { readonly kind: 'show'; readonly value: Expression | undefined })
  | (At & { readonly kind: 'output'; readonly statement: OutputStatement });

/** `|| @a() || @b() (2, 100ms)` */
export interface ParallelExpression extends At {
  readonly kind: 'parallel';
  readonly items: readonly Expression[];
  readonly limit: Expression | undefined;
}

export interface CodeExpression extends At {
  readonly kind: 'code';
  readonly language: Language;
  readonly text: string;
  /** Names passed with `js (@a, @b) { … }`. */
  readonly args: readonly string[];
  readonly cwd: Expression | undefined;
}

export interface CommandExpression extends At {
  readonly kind: 'command';
  readonly line: TemplateExpression;
  readonly cwd: Expression | undefined;
}

export interface FileExpression extends At {
  readonly kind: 'file';
  readonly path: TemplateExpression;
  readonly sections: readonly { readonly title: TemplateExpression; readonly optional: boolean }[];
  readonly without: readonly TemplateExpression[];
  /** `{ name }` of a definition in a source file. */
  readonly selector: string | undefined;
  readonly optional: boolean;
  readonly as: TemplateExpression | undefined;
}

export interface WhenExpression extends At {
  readonly kind: 'when';
  readonly subject: Expression | undefined;
  readonly branches: readonly (WhenBranch | VarStatement | AssignStatement)[];
  /** `when @x => …` */
  readonly inline: boolean;
}

export interface WhenBranch extends At {
  readonly kind: 'branch';
  readonly condition: Expression | '*' | 'none';
  readonly action: Statement;
}

export interface ForExpression extends At {
  readonly kind: 'for';
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly source: Expression;
  readonly filter: Expression | undefined;
  readonly parallel:
    | { readonly limit: Expression | undefined; readonly pace: Expression | undefined }
    | undefined;
  readonly body: Statement;
  /** Stages of `=> | @f`, applied to all results together. */
  readonly batch: readonly Stage[];
}

export interface ForeachExpression extends At {
  readonly kind: 'foreach';
  readonly target: Expression;
  readonly args: readonly ArrayItem[];
  readonly batch: readonly Stage[];
}

export interface LoopExpression extends At {
  readonly kind: 'loop';
  readonly limit: Expression | undefined;
  readonly pace: Expression | undefined;
  readonly until: Expression | undefined;
  readonly body: readonly Statement[];
}

export interface BlockExpression extends At {
  readonly kind: 'block';
  readonly body: readonly Statement[];
}

export interface WithExpression extends At {
  readonly kind: 'with';
  readonly value: Expression;
  readonly options: ObjectExpression | undefined;
  readonly auth: string | undefined;
}

export interface RegexExpression extends At {
  readonly kind: 'regex';
  readonly pattern: string;
  readonly flags: string;
}

/** `template "./prompt.att"` */
export interface TemplateFileExpression extends At {
  readonly kind: 'templateFile';
  readonly path: Expression;
}

/** `prose:@config { … }`, `new @Ctor()`, `mcp @spec`: parsed, not run. */
export interface UnsupportedExpression extends At {
  readonly kind: 'unsupportedExpression';
  readonly what: string;
}

import type { Expression } from './ast-expressions.ts';

/** The tree of a program. `start` and `end` are offsets into the source. Both dialects give the same tree. */

/** Offsets into the source. */
export interface At {
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
  /** Languages of the code in it: `js`, `node`, `sh`, `cmd`, `py`. */
  readonly uses: ReadonlySet<string>;
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

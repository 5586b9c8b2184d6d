import type { AssignStatement, At, Language, OutputStatement, Statement, VarStatement } from './ast.ts';

/** Values of the tree: what statements are made of (`ast.ts`). */
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
  | WasmExpression
  | McpExpression
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

/** `wasm "./words.wasm" "count"`, and the names that it is given if they are listed: `(@text)`. */
export interface WasmExpression extends At {
  readonly kind: 'wasm';
  /** Path beside the module. */
  readonly file: string;
  /** What the file exports. */
  readonly name: string;
  readonly args: readonly string[];
}

/** `mcp "node server.js"`, `mcp @tools/github`, `mcp @words`: a server. */
export interface McpExpression extends At {
  readonly kind: 'mcp';
  readonly ref: Expression;
}

/** `prose:@config { … }`, `new @Ctor()`: parsed, not run. */
export interface UnsupportedExpression extends At {
  readonly kind: 'unsupportedExpression';
  readonly what: string;
}

import type { Language, Program } from '../ast.ts';
import type { Source } from '../source.ts';
import type { Origin } from './host.ts';
import type { Sandbox } from './quickjs.ts';
import type { Scope } from './scope.ts';
import type { Value } from './values.ts';

/** A loaded module. Its top level has been read, not run, unless it is the main program. */
export interface Module {
  readonly file: string;
  readonly origin: Origin | null;
  readonly source: Source;
  readonly program: Program;
  readonly scope: Scope;
  readonly isMain: boolean;
  /** Exported name -> local name. Undefined: all of the top level is exported. */
  readonly exports: ReadonlyMap<string, string> | undefined;
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
  /** Functions that code of a language sees, by the name under which it sees them. */
  readonly shadows: Map<Language, Map<string, string>>;
  /** Auth name -> the environment variable that holds the secret. */
  readonly auths: ReadonlyMap<string, string>;
  /** Made when the module's first `js` code runs. */
  sandbox: Promise<Sandbox> | undefined;
  frontmatter: Promise<Value> | undefined;
}

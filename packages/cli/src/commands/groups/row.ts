import type { Command } from '../../command.ts';

/** A command in the table of its group. */
export interface CommandRow {
  /** As it is typed; of two words for a subcommand. */
  readonly name: string;
  /** For `mlld help`. */
  readonly summary: string;
  /** Other names. */
  readonly aliases?: readonly string[];
  /** Its code, which is loaded when it is called. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** What a thread of a full build is told when it begins. */
import type { RegistryInfo } from '@mlld/format';
import type { Share } from './part.ts';
import type { WriterOptions } from './writer.ts';

export interface PartTask {
  readonly folder: string;
  readonly info: RegistryInfo;
  readonly out: string;
  readonly stateFolder: string;
  readonly share: Share;
  readonly logged: boolean;
  /** Outputs that ask about each module. */
  readonly each: readonly string[];
  readonly writer: WriterOptions;
}

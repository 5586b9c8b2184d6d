/** What the thread that reads ahead is told. */
import type { ModuleName, RegistryInfo } from '@mlld/format';

export interface ReadTask {
  readonly folder: string;
  readonly info: RegistryInfo;
  readonly names: readonly ModuleName[];
}

/** Modules in one message, and messages that may wait to be taken. */
export const batchSize = 50;
export const batchesAhead = 20;

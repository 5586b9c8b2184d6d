/** What outputs want of each module, by their names: threads find it here. */
import { eachSearched } from '../search/record.ts';
import type { EachFacts, EachModule, ModuleFacts, Output } from './output.ts';

const known: ReadonlyMap<string, EachModule> = new Map([['search', eachSearched]]);

/** Of one output. */
export type Asking = (module: ModuleFacts) => Promise<string>;

/** What was made of the modules, by output and name. */
export type Each = ReadonlyMap<string, Map<string, string>>;

/** Outputs that threads can be asked for. */
export function threadedOutputs(outputs: readonly Output[]): string[] {
  return outputs.flatMap(({ name, each }) => (each !== undefined && known.get(name) === each ? [name] : []));
}

/** @param names of outputs, of those that `threadedOutputs` gives */
export function openEach(names: readonly string[], facts: EachFacts): ReadonlyMap<string, Asking> {
  return new Map(
    names.flatMap((name) => {
      const each = known.get(name);
      return each === undefined ? [] : [[name, each(facts)] as const];
    }),
  );
}

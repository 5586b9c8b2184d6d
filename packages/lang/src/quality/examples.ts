import { type Analysis, analyse } from '../analyse.ts';
import type { Example } from '../docs.ts';
import { part, type QualityPart, share } from './part.ts';
import type { QualityInput } from './quality.ts';

export interface CheckedExamples {
  readonly count: number;
  /** Those that read without mistakes and name only what exists. */
  readonly sound: number;
  /** Those of them that say what they print. */
  readonly stated: number;
  /** Exports that sound examples with a stated output use. */
  readonly shown: ReadonlySet<string>;
}

/** Looks at the examples of the documentation; nothing is run. */
export async function checkExamples(
  { name }: QualityInput,
  { docs, exports }: Analysis,
): Promise<CheckedExamples> {
  const names = new Set(exports.map((one) => one.name));
  const shown = new Set<string>();
  let sound = 0;
  let stated = 0;
  const examples = docs.sections.flatMap((section) => section.examples);
  for (const example of examples) {
    const used = await usedBy(example, { name, names });
    if (used === undefined) continue;
    sound++;
    if (example.expected === undefined) continue;
    stated++;
    for (const one of used) shown.add(one);
  }
  return { count: examples.length, sound, stated, shown };
}

/** The exports that an example uses; undefined for one that can't run. */
async function usedBy(
  { code }: Example,
  { name, names }: { readonly name: string; readonly names: ReadonlySet<string> },
): Promise<readonly string[] | undefined> {
  const { imports, diagnostics } = await analyse(code, { dialect: 'strict' });
  if (diagnostics.some(({ severity }) => severity === 'error')) return undefined;
  const own = imports.filter(({ ref }) => ref === name || ref.startsWith(`${name}@`));
  const used = own.flatMap((one) => one.names.map((item) => item.name)).filter((item) => item !== '*');
  return used.every((item) => names.has(item)) ? used : undefined;
}

export function examplesPart({ count, sound, stated }: CheckedExamples): QualityPart {
  const points = (sound > 0 ? 5 : 0) + (count === 0 ? 0 : 5 * share(sound, count) + 5 * share(stated, count));
  return part('examples', [points, 15], {
    reason: `${count} examples, ${sound} read without mistakes, ${stated} say what they print`,
    gain:
      count === 0
        ? 'Add an example in a fence of mlld.'
        : 'Say below each example, in a fence of output, what it prints.',
  });
}

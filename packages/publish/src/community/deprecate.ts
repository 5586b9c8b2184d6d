/** An owner's word that a module is no longer looked after, ready to be signed (docs/spec/statements.md §9). */
import { encodeChange, layout, type ModuleName, parseChange, RegistryError } from '@mlld/format';
import { cell } from '../registry/pull-request.ts';
import type { Saying, Speaker } from '../statement/types.ts';

export interface DeprecateBody {
  readonly name: ModuleName;
  /** Empty: taken back. */
  readonly message: string;
  readonly replacedBy?: ModuleName | undefined;
}

/** @throws RegistryError USAGE for a module that would replace itself */
export function deprecateSaying(
  { by, registry }: Speaker,
  { name, message, replacedBy }: DeprecateBody,
): Saying {
  if (replacedBy === name) throw new RegistryError('USAGE', `${name} can't replace itself`);
  const isBack = message === '';
  const rows: readonly (readonly [string, string])[] = [
    ['Module', name],
    ...(isBack ? [] : [['Why', message] as const]),
    ...(replacedBy === undefined ? [] : [['Replaced by', replacedBy] as const]),
  ];
  return {
    type: 'deprecate',
    file: (n) => layout.change(name, n),
    encode({ n, at }) {
      const instead = replacedBy === undefined ? {} : { replacedBy };
      const text = encodeChange({ type: 'deprecate', v: 1, registry, name, n, by, at, message, ...instead });
      parseChange(text, { where: layout.change(name, n) });
      return text;
    },
    title: `${isBack ? 'Look after' : 'Deprecate'} ${name}${isBack ? ' again' : ''}`,
    body: ['| | |', '|---|---|', ...rows.map(([head, text]) => `| ${head} | ${cell(text)} |`), ''].join('\n'),
    describe: rows.map(([head, text]) => `${head.padEnd(16)}${text}`),
    isDefault: isBack,
  };
}

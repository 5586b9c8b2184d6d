import type { ExportInfo } from '@mlld/lang';

/** An export as it is called: `@padStart(text, length: number, fill?)`, `@version`. */
export function signatureOf({
  name,
  kind,
  parameters,
  returns,
}: Pick<ExportInfo, 'name' | 'kind' | 'parameters' | 'returns'>): string {
  if (kind === 'var') return `@${name}`;
  const list = parameters.map(
    (one) => `${one.name}${one.optional ? '?' : ''}${one.type === undefined ? '' : `: ${one.type}`}`,
  );
  return `@${name}(${list.join(', ')})${returns === undefined ? '' : `: ${returns}`}`;
}

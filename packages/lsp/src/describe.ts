/** A name in words: its signature, its documentation, and where it is from. */
import {
  commentAbove,
  type ExeStatement,
  type ExportInfo,
  type NameSymbol,
  type ParameterInfo,
} from '@mlld/lang';
import type { Read } from './document.ts';
import type { Found } from './modules.ts';

export interface Described {
  /** `@padStart(text, length: number, fill?)` */
  readonly signature: string;
  readonly parameters: readonly ParameterInfo[];
  readonly isFunction: boolean;
  /** Markdown. */
  readonly doc: string | undefined;
}

export function labelOf({ name, type, optional }: ParameterInfo): string {
  return `${name}${optional ? '?' : ''}${type === undefined ? '' : `: ${type}`}`;
}

interface Signature {
  readonly name: string;
  readonly parameters: readonly ParameterInfo[];
  readonly returns: string | undefined;
}

function signatureText({ name, parameters, returns }: Signature): string {
  return `@${name}(${parameters.map(labelOf).join(', ')})${returns === undefined ? '' : `: ${returns}`}`;
}

export function describeExport(info: ExportInfo, name = info.name): Described {
  const { kind, parameters, returns, doc } = info;
  const isFunction = kind === 'exe';
  const signature = isFunction ? signatureText({ name, parameters, returns }) : `@${name}`;
  return { signature, parameters, isFunction, doc };
}

/** A symbol that the document itself defines. */
export async function describeSymbol(read: Read, symbol: NameSymbol): Promise<Described> {
  const { name, kind, statement, declarations } = symbol;
  const comment = statement === undefined ? undefined : commentAbove(read.parsed.source, statement.start);
  if (kind === 'function' && statement?.kind === 'exe') {
    const { parameters, returns } = statement;
    const own = (await read.analysis()).exports.find(({ place }) =>
      isAt(place.offset, declarations[0]?.start),
    );
    return {
      signature: signatureText({ name, parameters, returns }),
      parameters,
      isFunction: true,
      doc: own?.doc ?? comment,
    };
  }
  if (kind === 'parameter') return describeParameter(symbol, statement as ExeStatement);
  const form = statement?.kind === 'var' ? statement.form : kind === 'loop' ? 'for' : 'import';
  return {
    signature: `${form} @${name}`,
    parameters: [],
    isFunction: false,
    doc: form === 'var' ? comment : undefined,
  };
}

function isAt(offset: number, start: number | undefined): boolean {
  return start !== undefined && (offset === start || offset === start - 1);
}

function describeParameter({ name }: NameSymbol, statement: ExeStatement): Described {
  const parameter = statement.parameters.find((one) => one.name === name);
  const label = parameter === undefined ? name : labelOf(parameter);
  return {
    signature: `(parameter of @${statement.name}) @${label}`,
    parameters: [],
    isFunction: false,
    doc: undefined,
  };
}

/** `@alice/strings 1.2.0 · 2 signed by its author`, or the file. */
export function fromLine({ module: { cached, file } }: Pick<Found, 'module'>): string {
  return cached === undefined
    ? file.split(/[\\/]/).at(-1)!
    : `${cached.name} ${cached.version} · ${cached.evidence}`;
}

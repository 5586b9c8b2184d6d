/** What documentation adds to a signature: `## slug(text: string, separator?)` says what the code of the function leaves open. */

import { schemaOf } from '@mlld/format';
import { type Analysis, documentedNames, type ExportInfo, type ParameterInfo } from '@mlld/lang';
import type { CallableFunction } from './callable.ts';

/** The exports of a module with what their headings say about parameters. */
export function documentedFunctions({
  exports,
  docs,
}: Pick<Analysis, 'exports' | 'docs'>): CallableFunction[] {
  const titles = new Map<string, string>();
  for (const { title } of docs.sections) {
    for (const name of documentedNames(title)) if (!titles.has(name)) titles.set(name, title);
  }
  return exports.map((one) => withTitle(one, titles.get(one.name)));
}

function withTitle(one: ExportInfo, title: string | undefined): CallableFunction {
  const { name, kind, returns, doc } = one;
  const documented = title === undefined ? undefined : parametersIn(title, name);
  const parameters = one.parameters.map((parameter) => merged(parameter, documented?.get(parameter.name)));
  return { name, kind, returns, doc, parameters };
}

/** Without a type and without documentation mlld lets every parameter be left out, and so do we. */
function merged(
  { name, type, optional }: ParameterInfo,
  documented: Partial<ParameterInfo> | undefined,
): ParameterInfo {
  if (documented === undefined) return { name, type, optional: optional || type === undefined };
  return { name, type: type ?? documented.type, optional: optional || documented.optional === true };
}

function parametersIn(title: string, name: string): ReadonlyMap<string, Partial<ParameterInfo>> | undefined {
  const start = title.search(new RegExp(`\\b${name}\\(`));
  const list = start < 0 ? undefined : /^\w+\(([^()]{0,1000})\)/.exec(title.slice(start))?.[1];
  if (list === undefined) return undefined;
  const found = new Map<string, Partial<ParameterInfo>>();
  for (const part of list.split(',')) {
    const match = /^\s*(\[?)@?([A-Za-z_]\w*)(\??)\s*(?::\s*([^=\]]+?))?\s*(=.*)?\]?\s*$/.exec(part);
    if (match === null) continue;
    const [, bracket, parameter = '', mark, type, value] = match;
    const isKnown = type !== undefined && schemaOf(type).type !== undefined;
    const optional = bracket !== '' || mark !== '' || value !== undefined;
    found.set(parameter, { optional, ...(isKnown ? { type } : {}) });
  }
  return found;
}

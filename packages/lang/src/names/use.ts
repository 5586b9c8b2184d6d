import type { At, ShadowStatement, Statement } from '../ast.ts';
import type { CodeExpression, NameExpression, WasmExpression } from '../ast-expressions.ts';
import type { Here, Walk } from './declare.ts';
import { wordIn } from './place.ts';
import { lookUp, type NameUse } from './table.ts';

interface Used {
  readonly name: string;
  /** The name stands in here. */
  readonly within: At;
  readonly role: NameUse['role'];
  readonly fields?: NameUse['fields'];
  readonly shorthand?: NameUse['shorthand'];
  readonly bare?: boolean;
}

export function use(
  walk: Walk,
  here: Here,
  { name, within, role, fields = [], shorthand, bare = false }: Used,
): void {
  const at = wordIn(walk.text, name, within);
  if (at === undefined) return;
  const symbol = lookUp(here.scope, name);
  walk.uses.push({ ...at, name, symbol, role, inTemplate: here.inTemplate, bare, fields, shorthand });
}

export function visitName(walk: Walk, node: NameExpression, here: Here, fields: NameUse['fields']): void {
  use(walk, here, { name: node.name, within: node, role: 'read', fields, bare: node.bare });
}

/** `js (@a, @b) { … }` */
export function visitListed(walk: Walk, node: CodeExpression | WasmExpression, here: Here): void {
  let { start } = node;
  const brace = node.kind === 'code' ? walk.text.indexOf('{', start) : -1;
  const end = brace < 0 ? node.end : brace;
  for (const name of node.args) {
    use(walk, here, { name, within: { start, end }, role: 'code' });
    start = wordIn(walk.text, name, { start, end })?.end ?? start;
  }
}

export function visitExport(walk: Walk, node: Extract<Statement, { kind: 'export' }>, here: Here): void {
  for (const { name, alias, start, end } of node.names) {
    if (name === '*') continue;
    const shorthand = alias === undefined ? 'export' : undefined;
    use(walk, here, { name, within: { start, end }, role: 'export', shorthand });
  }
}

export function visitShadow(walk: Walk, node: ShadowStatement, here: Here): void {
  let start = walk.text.indexOf('{', node.start);
  for (const { name, local } of node.names) {
    // `{ local: name }`, or `{ name }`.
    if (name !== local) start = wordIn(walk.text, local, { start, end: node.end })?.end ?? start;
    const within = { start, end: node.end };
    use(walk, here, { name, within, role: 'shadow', shorthand: name === local ? 'shadow' : undefined });
    start = wordIn(walk.text, name, within)?.end ?? start;
  }
}

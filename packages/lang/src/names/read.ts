import type { At, ExeStatement, Statement } from '../ast.ts';
import type {
  AccessExpression,
  CodeExpression,
  Expression,
  ForExpression,
  LoopExpression,
  NameExpression,
  TemplateHole,
  TemplateLoop,
  WhenExpression,
  WithExpression,
} from '../ast-expressions.ts';
import type { Parsed } from '../parse/document.ts';
import { declare, declareNamed, declareTopLevel, type Here, type Walk } from './declare.ts';
import { wordIn } from './place.ts';
import { createScope, type NameScope, type NameSymbol, type Names } from './table.ts';
import { use, visitExport, visitListed, visitName, visitShadow } from './use.ts';

/** Makes the table of a source. Statements with mistakes are not in the tree, and so not in the table. */
export function readNames({ source, program }: Pick<Parsed, 'source' | 'program'>): Names {
  const walk: Walk = { text: source.text, symbols: [], uses: [], opaque: [] };
  const scope = createScope(undefined, program);
  declareTopLevel(walk, program, scope);
  for (const statement of program.body) visit(walk, statement, { scope, inTemplate: false });
  walk.symbols.sort((a, b) => startOf(a) - startOf(b));
  walk.uses.sort((a, b) => a.start - b.start);
  return { scope, symbols: walk.symbols, uses: walk.uses, opaque: walk.opaque };
}

function startOf({ declarations, statement }: NameSymbol): number {
  return declarations[0]?.start ?? statement?.start ?? 0;
}

// ---- the walk

type Node = Statement | Expression | TemplateHole | TemplateLoop;

function isNode(value: object): value is Node {
  return 'kind' in value && 'start' in value;
}

/** Nodes without names or scopes of their own are looked through. */
function visitParts(walk: Walk, node: object, here: Here): void {
  for (const part of Object.values(node)) visit(walk, part, here);
}

function visit(walk: Walk, node: unknown, here: Here): void {
  if (typeof node !== 'object' || node === null) return;
  if (!isNode(node)) {
    visitParts(walk, node, here);
    return;
  }
  switch (node.kind) {
    case 'import':
      return;
    case 'export':
      visitExport(walk, node, here);
      return;
    case 'exe':
      visitFunction(walk, node, here);
      return;
    case 'shadow':
      visitShadow(walk, node, here);
      return;
    case 'var':
      visit(walk, node.value, here);
      declareNamed(walk, node, here.scope);
      return;
    case 'assign':
      visit(walk, node.value, here);
      use(walk, here, { name: node.name, within: node, role: 'write' });
      return;
    case 'if':
      visit(walk, node.condition, here);
      visitInner(walk, node.then, here, node);
      visitInner(walk, node.otherwise, here, node);
      return;
    default:
      visitExpression(walk, node, here);
      return;
  }
}

function visitExpression(walk: Walk, node: Node, here: Here): void {
  const { start, end } = node;
  switch (node.kind) {
    case 'name':
      visitName(walk, node, here, []);
      return;
    case 'access':
      visitAccess(walk, node, here);
      return;
    case 'code':
      // A stage of a pipeline is of this kind too, and holds the code.
      if ('language' in node) visitCode(walk, node, here);
      else visitParts(walk, node, here);
      return;
    case 'wasm':
      visitListed(walk, node, here);
      return;
    case 'unsupported':
    case 'unsupportedExpression':
      walk.opaque.push({ what: 'directive', scope: here.scope, start, end });
      return;
    case 'block':
      visitInner(walk, node.body, here, node);
      return;
    case 'with':
      visitWith(walk, node, here);
      return;
    case 'when':
      visitWhen(walk, node, here);
      return;
    case 'for':
      visitFor(walk, node, here);
      return;
    case 'loop':
      if ('valueName' in node) visitTemplateLoop(walk, node, here);
      else visitLoop(walk, node, here);
      return;
    case 'hole':
      visitParts(walk, node, { ...here, inTemplate: true });
      return;
    default:
      visitParts(walk, node, here);
      return;
  }
}

/** What stands in `with { … }` behind a block sees the names of the block. */
function visitWith(walk: Walk, node: WithExpression, here: Here): void {
  const { value, options } = node;
  if (value.kind === 'block') visitInner(walk, [value.body, options], here, node);
  else visitParts(walk, [value, options], here);
}

function visitCode(walk: Walk, node: CodeExpression, here: Here): void {
  visitListed(walk, node, here);
  visit(walk, node.cwd, here);
  walk.opaque.push({ what: 'code', scope: here.scope, start: node.start, end: node.end });
}

function visitLoop(walk: Walk, node: LoopExpression, here: Here): void {
  visit(walk, [node.limit, node.pace], here);
  visitInner(walk, [node.until, node.body], here, node);
}

/** The parts in a scope of their own; those of a node itself if that is given. */
function visitInner(walk: Walk, parts: object | undefined, here: Here, range: At): void {
  if (parts === undefined) return;
  visitParts(walk, parts, { ...here, scope: createScope(here.scope, range) });
}

function visitFunction(walk: Walk, node: ExeStatement, here: Here): void {
  declareNamed(walk, node, here.scope);
  const scope = createScope(here.scope, { start: node.nameStart + node.name.length, end: node.end });
  const inner = { ...here, scope };
  for (const parameter of node.parameters) {
    visit(walk, parameter.defaultValue, inner);
    declare(walk, scope, {
      name: parameter.name,
      kind: 'parameter',
      at: wordIn(walk.text, parameter.name, parameter),
      statement: node,
    });
  }
  // The statements of a body see its parameters as names of the same scope.
  if (node.body.kind === 'block') visitParts(walk, node.body.body, inner);
  else visit(walk, node.body, inner);
}

function visitWhen(walk: Walk, node: WhenExpression, here: Here): void {
  const inner = { ...here, scope: createScope(here.scope, node) };
  visit(walk, node.subject, inner);
  for (const branch of node.branches) {
    if (branch.kind !== 'branch') {
      visit(walk, branch, inner);
      continue;
    }
    visit(walk, branch.condition, inner);
    visitAction(walk, branch.action, inner);
  }
}

/** What stands after `=>`: a block has a scope of its own already. */
function visitAction(walk: Walk, action: Statement, here: Here): void {
  visitInner(walk, [action], here, action);
}

function visitFor(walk: Walk, node: ForExpression, here: Here): void {
  visit(walk, node.source, here);
  visit(walk, node.parallel, here);
  const scope = createScope(here.scope, { start: node.source.end, end: node.end });
  declareTurn(walk, scope, { node, isCode: true });
  visit(walk, node.filter, { ...here, scope });
  visitAction(walk, node.body, { ...here, scope });
  for (const stage of node.batch) visit(walk, stage, here);
}

function visitTemplateLoop(walk: Walk, node: TemplateLoop, here: Here): void {
  const inTemplate = { ...here, inTemplate: true };
  visit(walk, node.source, inTemplate);
  const scope = createScope(here.scope, { start: node.source.end, end: node.end });
  declareTurn(walk, scope, { node, isCode: false });
  visit(walk, node.body, { ...inTemplate, scope });
}

/** The names of a `for`, which stand last before what it goes over. */
function declareTurn(
  walk: Walk,
  scope: NameScope,
  { node, isCode }: { readonly node: ForExpression | TemplateLoop; readonly isCode: boolean },
): void {
  const { keyName, valueName, start, source } = node;
  const within = { start, end: source.start, last: true };
  const value = wordIn(walk.text, valueName, within);
  declare(walk, scope, { name: valueName, kind: 'loop', at: value });
  if (keyName !== undefined) {
    const at = wordIn(walk.text, keyName, { ...within, end: value?.start ?? source.start });
    declare(walk, scope, { name: keyName, kind: 'loop', at });
  } else if (isCode) declare(walk, scope, { name: `${valueName}_key`, kind: 'loop', at: undefined });
}

function visitAccess(walk: Walk, node: AccessExpression, here: Here): void {
  const fields: (At & { name: string })[] = [];
  for (const accessor of node.path) {
    if (accessor.kind !== 'field') break;
    fields.push({ name: accessor.name, start: accessor.end - accessor.name.length, end: accessor.end });
  }
  if (isNode(node.object) && node.object.kind === 'name')
    visitName(walk, node.object as NameExpression, here, fields);
  else visit(walk, node.object, here);
  visitParts(walk, node.path, here);
}

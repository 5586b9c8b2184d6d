import type {
  At,
  ExeStatement,
  ImportStatement,
  Program,
  ShadowStatement,
  Statement,
  VarStatement,
} from '../ast.ts';
import type {
  AccessExpression,
  CodeExpression,
  Expression,
  ForExpression,
  LoopExpression,
  NameExpression,
  TemplateHole,
  TemplateLoop,
  WasmExpression,
  WhenExpression,
} from '../ast-expressions.ts';
import type { Parsed } from '../parse/document.ts';
import { wordIn } from './place.ts';
import {
  createScope,
  lookUp,
  type NameScope,
  type NameSymbol,
  type Names,
  type NameUse,
  type Opaque,
} from './table.ts';

/** What is being read, and where in it the walk is. */
interface Walk {
  readonly text: string;
  readonly symbols: NameSymbol[];
  readonly uses: NameUse[];
  readonly opaque: Opaque[];
}

interface Here {
  readonly scope: NameScope;
  readonly inTemplate: boolean;
}

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

// ---- definitions

interface Declared {
  readonly name: string;
  readonly kind: NameSymbol['kind'];
  readonly at: At | undefined;
  readonly statement?: NameSymbol['statement'];
  readonly imported?: NameSymbol['imported'];
}

function declare(walk: Walk, scope: NameScope, { name, kind, at, statement, imported }: Declared): void {
  const known = scope.symbols.get(name);
  if (known !== undefined) {
    if (at !== undefined && !known.declarations.some(({ start }) => start === at.start))
      known.declarations.push(at);
    return;
  }
  const symbol = { name, kind, declarations: at === undefined ? [] : [at], statement, scope, imported };
  scope.symbols.set(name, symbol);
  walk.symbols.push(symbol);
}

/** Names of the top level are known in the whole module, also before the line that defines them. */
function declareTopLevel(walk: Walk, { body }: Program, scope: NameScope): void {
  for (const statement of body) {
    if (statement.kind === 'import') declareImport(walk, statement, scope);
    else if (statement.kind === 'exe') declareNamed(walk, statement, scope);
    else if (statement.kind === 'var') declareNamed(walk, statement, scope);
  }
}

function declareNamed(walk: Walk, statement: ExeStatement | VarStatement, scope: NameScope): void {
  const { name, nameStart } = statement;
  const start = walk.text[nameStart] === '@' ? nameStart + 1 : nameStart;
  const kind = statement.kind === 'exe' ? 'function' : 'variable';
  declare(walk, scope, { name, kind, at: { start, end: start + name.length }, statement });
}

function declareImport(walk: Walk, statement: ImportStatement, scope: NameScope): void {
  const { text } = walk;
  for (const item of statement.names) {
    if (item.name === '*') continue;
    const name = item.alias ?? item.name;
    const at =
      item.alias === undefined
        ? wordIn(text, name, item)
        : wordIn(text, name, { start: aliasFrom(text, item.end), end: statement.end });
    declare(walk, scope, { name, kind: 'import', at, statement, imported: { statement, name: item.name } });
  }
  const { namespace } = statement;
  if (namespace === undefined) return;
  const imported = { statement, name: '*' };
  declare(walk, scope, {
    name: namespace,
    kind: 'namespace',
    at: namespaceAt(text, statement),
    statement,
    imported,
  });
}

function aliasFrom(text: string, from: number): number {
  const word = wordIn(text, 'as', { start: from, end: text.length });
  return word?.end ?? from;
}

/** `* as @ns from …`, `… as @ns`, `mcp ns from …`; undefined where the name follows from the module's. */
function namespaceAt(
  text: string,
  { namespace = '', start, end, refStart, refEnd }: ImportStatement,
): At | undefined {
  return (
    wordIn(text, namespace, { start: refEnd, end }) ??
    wordIn(text, namespace, { start: start + 'import'.length, end: refStart })
  );
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
      visitListed(walk, node, here);
      visit(walk, node.cwd, here);
      walk.opaque.push({ what: 'code', scope: here.scope, start, end });
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

// ---- uses

interface Used {
  readonly name: string;
  /** The name stands in here. */
  readonly within: At;
  readonly role: NameUse['role'];
  readonly fields?: NameUse['fields'];
  readonly shorthand?: NameUse['shorthand'];
  readonly bare?: boolean;
}

function use(
  walk: Walk,
  here: Here,
  { name, within, role, fields = [], shorthand, bare = false }: Used,
): void {
  const at = wordIn(walk.text, name, within);
  if (at === undefined) return;
  const symbol = lookUp(here.scope, name);
  walk.uses.push({ ...at, name, symbol, role, inTemplate: here.inTemplate, bare, fields, shorthand });
}

function visitName(walk: Walk, node: NameExpression, here: Here, fields: NameUse['fields']): void {
  use(walk, here, { name: node.name, within: node, role: 'read', fields, bare: node.bare });
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

/** `js (@a, @b) { … }` */
function visitListed(walk: Walk, node: CodeExpression | WasmExpression, here: Here): void {
  let { start } = node;
  const brace = node.kind === 'code' ? walk.text.indexOf('{', start) : -1;
  const end = brace < 0 ? node.end : brace;
  for (const name of node.args) {
    use(walk, here, { name, within: { start, end }, role: 'code' });
    start = wordIn(walk.text, name, { start, end })?.end ?? start;
  }
}

function visitExport(walk: Walk, node: Extract<Statement, { kind: 'export' }>, here: Here): void {
  for (const { name, alias, start, end } of node.names) {
    if (name === '*') continue;
    const shorthand = alias === undefined ? 'export' : undefined;
    use(walk, here, { name, within: { start, end }, role: 'export', shorthand });
  }
}

function visitShadow(walk: Walk, node: ShadowStatement, here: Here): void {
  let start = walk.text.indexOf('{', node.start);
  for (const { name, local } of node.names) {
    // `{ local: name }`, or `{ name }`.
    if (name !== local) start = wordIn(walk.text, local, { start, end: node.end })?.end ?? start;
    const within = { start, end: node.end };
    use(walk, here, { name, within, role: 'shadow', shorthand: name === local ? 'shadow' : undefined });
    start = wordIn(walk.text, name, within)?.end ?? start;
  }
}

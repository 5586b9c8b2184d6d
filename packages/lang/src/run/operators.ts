import type { BinaryExpression, Expression } from '../ast-expressions.ts';
import { type Context, errorAt, step } from './context.ts';
import { evaluate, evaluateIfKnown } from './evaluate.ts';
import { isTruthy, looseEquals, tolerantEquals, toText, typeName, unwrap, type Value } from './values.ts';

/** Binary operators; a chain of them is taken from the left without nesting. */
export async function evaluateBinary(context: Context, node: BinaryExpression): Promise<Value> {
  const chain: BinaryExpression[] = [];
  let first: Expression = node;
  while (first.kind === 'binary') {
    chain.push(first);
    first = first.left;
  }
  const last = chain.at(-1)!;
  let value = await (last.operator === '??' ? evaluateIfKnown(context, first) : evaluate(context, first));
  for (let index = chain.length - 1; index >= 0; index--) {
    step(context, node);
    value = await applyOperator(context, chain[index]!, value);
  }
  return value;
}

async function applyOperator(context: Context, node: BinaryExpression, left: Value): Promise<Value> {
  switch (node.operator) {
    case '??':
      return left === null || left === undefined ? evaluateIfKnown(context, node.right) : left;
    case '||':
      return isTruthy(left) ? left : evaluate(context, node.right);
    case '&&':
      return isTruthy(left) ? evaluate(context, node.right) : left;
    default:
      return compute(context, node, { left, right: await evaluate(context, node.right) });
  }
}

interface Operands {
  readonly left: Value;
  readonly right: Value;
}

function compute(context: Context, node: BinaryExpression, { left, right }: Operands): Value {
  switch (node.operator) {
    case '==':
      return looseEquals(left, right);
    case '!=':
      return !looseEquals(left, right);
    case '~=':
      return tolerantEquals(left, right);
    case '!~=':
      return !tolerantEquals(left, right);
    case '<':
      return compare(left, right) < 0;
    case '>':
      return compare(left, right) > 0;
    case '<=':
      return compare(left, right) <= 0;
    case '>=':
      return compare(left, right) >= 0;
    default:
      return calculate(context, node, { left, right });
  }
}

/** Numbers, and texts that are numbers, by their size; other texts by their letters. NaN where there is no order. */
function compare(a: Value, b: Value): number {
  const left = unwrap(a);
  const right = unwrap(b);
  if (
    typeof left === 'string' &&
    typeof right === 'string' &&
    (Number.isNaN(Number(left)) || Number.isNaN(Number(right)))
  ) {
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (typeof left === 'object' || typeof right === 'object') return Number.NaN;
  return Number(left) - Number(right);
}

function calculate(context: Context, node: BinaryExpression, operands: Operands): Value {
  const left = unwrap(operands.left);
  const right = unwrap(operands.right);
  if (node.operator === '+' && isTextual(left, right)) {
    const text = toText(left) + toText(right);
    if (text.length <= context.session.limits.stringLength) return text;
    throw errorAt(context, node, { code: 'MEMORY_LIMIT', message: "'+' gives too long a text" });
  }
  const a = asNumber(left);
  const b = asNumber(right);
  if (a === undefined || b === undefined) {
    throw errorAt(context, node, {
      code: 'WRONG_TYPE',
      message: `'${node.operator}' takes numbers, found ${typeName(left)} and ${typeName(right)}`,
    });
  }
  switch (node.operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return a % b;
  }
}

/** `+` joins texts, unless both are numbers by their look: `"5" + 1` is 6. */
function isTextual(left: Value, right: Value): boolean {
  if (typeof left !== 'string' && typeof right !== 'string') return false;
  return asNumber(left) === undefined || asNumber(right) === undefined;
}

function asNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

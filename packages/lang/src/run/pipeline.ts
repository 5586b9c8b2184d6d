import type {
  Expression,
  ParallelExpression,
  PipelineExpression,
  Stage,
  WithExpression,
} from '../ast-expressions.ts';
import { runCode, runCommand } from './code.ts';
import { type Context, errorAt, step } from './context.ts';
import { callValue, evaluate, evaluateArgs } from './evaluate.ts';
import { writeOutput } from './files.ts';
import { createScope, define, lookup } from './scope.ts';
import { log, show } from './statements.ts';
import { isArray, isExecutable, isFlow, isFunction, toText, type Value, type ValueObject } from './values.ts';

const maxRetries = 10;

/** `input | stage | stage`. A stage that answers `retry` has the one before it run again. */
export async function runPipeline(context: Context, node: PipelineExpression): Promise<Value> {
  const input = node.input;
  if (input === undefined) return runStages(context, context.piped?.input ?? null, node.stages);
  const first = async (inner: Context): Promise<Value> =>
    callIfFunction(inner, await evaluate(inner, input), input);
  return runFrom(context, first, node.stages);
}

/** A function at the head of a pipeline gives its value. */
async function callIfFunction(context: Context, value: Value, node: Expression): Promise<Value> {
  return isFunction(value) ? callValue(context, { callee: value, args: [], node }) : value;
}

export async function runStages(context: Context, input: Value, stages: readonly Stage[]): Promise<Value> {
  return runFrom(context, async () => input, stages);
}

type Producer = (context: Context) => Promise<Value>;

async function runFrom(context: Context, first: Producer, stages: readonly Stage[]): Promise<Value> {
  const history: Value[] = [await first(context)];
  for (let index = 0; index < stages.length; index++) {
    const stage = stages[index]!;
    const run = (try_: number, hint: Value): Promise<Value> =>
      runStage(stageContext(context, { history, index, try_, hint }), stage, history.at(-1));
    let result = await run(1, null);
    for (let attempt = 2; isFlow(result) && result.flow === 'retry'; attempt++) {
      if (attempt > maxRetries) {
        throw errorAt(context, stage, {
          code: 'STEP_LIMIT',
          message: `this stage asked for more than ${maxRetries} tries`,
        });
      }
      const again = stageContext(context, {
        history: history.slice(0, -1),
        index: index - 1,
        try_: attempt,
        hint: result.value,
      });
      const before =
        index === 0 ? await first(again) : await runStage(again, stages[index - 1]!, history.at(-2));
      history[history.length - 1] = before;
      result = await run(attempt, result.value);
    }
    history.push(isFlow(result) && result.flow === 'done' ? result.value : result);
    if (isFlow(result) && result.flow === 'done') break;
  }
  return history.at(-1);
}

interface StageState {
  readonly history: readonly Value[];
  readonly index: number;
  readonly try_: number;
  readonly hint: Value;
}

function stageContext(context: Context, { history, index, try_, hint }: StageState): Context {
  const input = history.at(-1);
  const mx: ValueObject = { ...context.mx, try: try_, stage: index + 1, hint, input };
  const scope = createScope(context.scope);
  if (history.length > 0) {
    define(scope, 'input', input);
    define(scope, 'INPUT', input);
  }
  const state = pipelineState({ history, index, try_, hint });
  define(scope, 'p', state);
  define(scope, 'pipeline', state);
  return { ...context, scope, mx, piped: { input, history, state } };
}

/** What `@p` holds: the outputs so far by number, from either end, and what is known of this try. */
function pipelineState({ history, index, try_, hint }: StageState): ValueObject {
  const state: Record<string, Value> = { try: try_, stage: index + 1, hint, length: history.length };
  for (const [at, value] of history.entries()) {
    state[String(at)] = value;
    state[String(at - history.length)] = value;
  }
  return state;
}

async function runStage(context: Context, stage: Stage, input: Value): Promise<Value> {
  step(context, stage);
  switch (stage.kind) {
    case 'call':
      return callStage(context, stage, input);
    case 'code':
      return stage.code.kind === 'command'
        ? runCommand(context, stage.code, { stdin: toText(input) })
        : runCode(context, stage.code, { stdin: toText(input), input });
    case 'group':
      return Promise.all(stage.stages.map((inner) => runStage(context, inner, input)));
    case 'while':
      return runWhile(context, stage, input);
    case 'log':
      log(context, stage.value === undefined ? input : await evaluate(context, stage.value));
      return input;
    case 'show':
      show(context, stage.value === undefined ? input : await evaluate(context, stage.value));
      return input;
    case 'output':
      await writeOutput(context, stage.statement, { value: input });
      return input;
  }
}

/** The piped value is the first argument, unless the arguments name it themselves. */
async function callStage(
  context: Context,
  stage: Extract<Stage, { kind: 'call' }>,
  input: Value,
): Promise<Value> {
  const callee = await evaluate(context, stage.target);
  const written = stage.args === undefined ? [] : await evaluateArgs(context, stage.args);
  const named = stage.args?.some(({ value }) => namesInput(value)) === true;
  const args = named ? [...written] : [input, ...written];
  if (isExecutable(callee)) {
    // Functions of older modules take what is known of the pipeline as a parameter.
    const place = callee.parameters.findIndex(({ name }) => name === 'pipeline' || name === 'p');
    if (place >= args.length) args[place] = lookup(context.scope, 'p')?.binding.value;
  }
  return callValue(context, { callee, args, node: stage });
}

function namesInput(node: Expression): boolean {
  const root = node.kind === 'access' ? node.object : node;
  return root.kind === 'name' && /^(?:input|INPUT|p|pipeline)$/.test(root.name);
}

async function runWhile(
  context: Context,
  stage: Extract<Stage, { kind: 'while' }>,
  input: Value,
): Promise<Value> {
  const limit =
    stage.limit === undefined
      ? context.session.limits.loopTurns
      : Number(await evaluate(context, stage.limit));
  let state = input;
  for (let iteration = 1; iteration <= limit; iteration++) {
    const mx = { ...context.mx, while: { iteration, limit, active: true } };
    const result = await runStage({ ...context, mx }, stage.stage, state);
    if (!isFlow(result)) {
      state = result;
      continue;
    }
    if (result.hasValue) state = result.value;
    if (result.flow === 'done' || result.flow === 'break') break;
  }
  return state;
}

/** `|| @a() || @b()`: all at once, results in the order written. */
export async function runParallel(context: Context, node: ParallelExpression): Promise<readonly Value[]> {
  return Promise.all(
    node.items.map(async (item) => callIfFunction(context, await evaluate(context, item), item)),
  );
}

// ---- with

/** Evaluates a value under `with { stdin, pipeline, separator, … }`; what describes a function is for tools. */
export async function withOptions(
  context: Context,
  node: WithExpression,
  run: (context: Context) => Promise<Value>,
): Promise<Value> {
  const option = (name: string): Expression | undefined =>
    node.options?.entries.find(({ key }) => key === name)?.value;
  const stdin = option('stdin');
  let value: Value;
  if (
    (stdin !== undefined || node.auth !== undefined) &&
    (node.value.kind === 'command' || node.value.kind === 'code')
  ) {
    const input = stdin === undefined ? undefined : toText(await evaluate(context, stdin));
    const extra = { stdin: input, auth: node.auth };
    value =
      node.value.kind === 'command'
        ? await runCommand(context, node.value, extra)
        : await runCode(context, node.value, extra);
  } else value = await run(context);
  const pipeline = option('pipeline');
  if (pipeline?.kind === 'array')
    value = await runStages(
      context,
      value,
      pipeline.items.map(({ value: item }) => stageOf(item)),
    );
  const separator = option('separator');
  if (separator !== undefined && isArray(value))
    value = value.map(toText).join(toText(await evaluate(context, separator)));
  return value;
}

function stageOf(node: Expression): Stage {
  const { start, end } = node;
  const last = node.kind === 'access' ? node.path.at(-1) : undefined;
  if (node.kind !== 'access' || last?.kind !== 'call')
    return { kind: 'call', target: node, args: undefined, start, end };
  const path = node.path.slice(0, -1);
  return {
    kind: 'call',
    target: path.length === 0 ? node.object : { ...node, path },
    args: last.args,
    start,
    end,
  };
}

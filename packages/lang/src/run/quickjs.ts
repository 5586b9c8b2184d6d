import type {
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
  QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { MlldError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { loadQuickJS } from './load-quickjs.ts';
import { prelude } from './prelude.ts';

/** What `js` code gave: the text of its value, and what it logged. */
export interface JsResult {
  /** `u` for undefined, else `j` and JSON. */
  readonly encoded: string;
  readonly logs: readonly { readonly error: boolean; readonly text: string }[];
}

/** A function in JavaScript: its parameters and its code, as written. */
export interface JsFunction {
  readonly parameters: readonly string[];
  readonly text: string;
}

/** What sandboxed code calls when it calls a function that it was given: a result at once, or later. */
export type Invoke = (id: number, args: string) => string | Promise<string>;

export interface SandboxOptions {
  readonly limits: Limits;
  /** Runs `call` so that it ends after `milliseconds`, whatever it does. Not every host can. */
  readonly guard: (<T>(call: () => T, milliseconds: number) => T) | undefined;
  readonly compileWasm: (() => Promise<WebAssembly.Module>) | undefined;
  /** Milliseconds that the program has left. */
  readonly timeLeft: () => number;
}

/** The isolated JavaScript of one module: an own heap, no I/O. */
export interface Sandbox {
  /** @throws MlldError `CODE_FAILED`, `TIME_LIMIT`, `MEMORY_LIMIT`, `OUTPUT_LIMIT` */
  readonly call: (fn: JsFunction, args: string, invoke: Invoke) => Promise<JsResult>;
  /** As `call`, for code that gives no promise; undefined if it did. */
  readonly callNow: (fn: JsFunction, args: string, invoke: Invoke) => JsResult | undefined;
  /** Makes a function visible to all code of the sandbox. */
  readonly define: (name: string, fn: JsFunction) => void;
}

/** All sandboxes of a program. They share one instance of QuickJS, each with a runtime of its own. */
export interface SandboxPool {
  readonly create: () => Promise<Sandbox>;
  readonly dispose: () => void;
}

interface Engine {
  readonly wasm: QuickJSWASMModule;
  broken: boolean;
}

interface Live {
  readonly engine: Engine;
  readonly runtime: QuickJSRuntime;
  readonly context: QuickJSContext;
  bridge: QuickJSHandle;
  readonly functions: Map<string, QuickJSHandle>;
  deadline: number;
  /** Milliseconds that the running call was given. */
  time: number;
  calls: Call[];
}

interface Call {
  readonly logs: { error: boolean; text: string }[];
  readonly invoke: Invoke;
  /** When its present part must be done, in milliseconds since the epoch. */
  deadline: number;
  waiting: number;
  wake: () => void;
  size: number;
}

export function createSandboxPool(options: SandboxOptions): SandboxPool {
  let engine: Promise<Engine> | undefined;
  const current = async (): Promise<Engine> => {
    if (engine === undefined || (await engine).broken) engine = loadEngine(options);
    return engine;
  };
  return {
    create: async () => createSandbox(await current(), options, current),
    // All memory of the sandboxes is the engine's own, and goes with it.
    dispose: () => {
      engine = undefined;
    },
  };
}

async function loadEngine(options: SandboxOptions): Promise<Engine> {
  return { wasm: await loadQuickJS(options), broken: false };
}

function createSandbox(engine: Engine, options: SandboxOptions, current: () => Promise<Engine>): Sandbox {
  const globals = new Map<string, JsFunction>();
  let live = openLive(engine, options, globals);
  const renew = async (): Promise<Live> => {
    if (live.engine.broken) live = openLive(await current(), options, globals);
    return live;
  };
  return {
    call: async (fn, args, invoke) => run(await renew(), options, { fn, args, invoke }),
    callNow: (fn, args, invoke) => runNow(live, options, { fn, args, invoke }),
    define: (name, fn) => {
      if (!live.engine.broken) defineGlobal(live, name, fn);
      globals.set(name, fn);
    },
  };
}

function openLive(
  engine: Engine,
  { limits }: SandboxOptions,
  globals: ReadonlyMap<string, JsFunction>,
): Live {
  const runtime = engine.wasm.newRuntime();
  runtime.setMemoryLimit(limits.jsMemory);
  runtime.setMaxStackSize(limits.jsStack);
  const context = runtime.newContext();
  const live: Live = {
    engine,
    runtime,
    context,
    bridge: context.undefined,
    functions: new Map(),
    deadline: Number.POSITIVE_INFINITY,
    time: 0,
    calls: [],
  };
  runtime.setInterruptHandler(() => Date.now() > live.deadline);
  live.bridge = openBridge(live, limits);
  for (const [name, fn] of globals) defineGlobal(live, name, fn);
  return live;
}

function openBridge(live: Live, limits: Limits): QuickJSHandle {
  const { context } = live;
  const log = context.newFunction('log', (level, text) => {
    const call = live.calls.at(-1);
    if (call === undefined) return;
    const line = context.getString(text);
    call.size += line.length;
    if (call.size > limits.jsOutput) throw new Error('output limit');
    call.logs.push({ error: context.getNumber(level) === 1, text: line });
  });
  const invoke = context.newFunction('invoke', (id, args) => {
    const call = live.calls.at(-1);
    if (call === undefined) throw new Error('this function can no longer be called');
    const result = call.invoke(context.getNumber(id), context.getString(args));
    return typeof result === 'string' ? context.newString(result) : promiseFor(live, call, result);
  });
  const made = context.unwrapResult(context.evalCode(prelude, 'prelude.js', { strict: true }));
  const bridge = context.unwrapResult(context.callFunction(made, context.undefined, log, invoke));
  for (const handle of [log, invoke, made]) handle.dispose();
  return bridge;
}

function promiseFor({ context }: Live, call: Call, result: Promise<string>): QuickJSHandle {
  const deferred = context.newPromise();
  call.waiting++;
  const settle = (give: () => void): void => {
    call.waiting--;
    give();
    call.wake();
  };
  result.then(
    (text) => settle(() => context.newString(text).consume((handle) => deferred.resolve(handle))),
    (error: unknown) =>
      settle(() =>
        context.newError(error instanceof Error ? error.message : String(error)).consume(deferred.reject),
      ),
  );
  return deferred.handle;
}

function defineGlobal(live: Live, name: string, fn: JsFunction): void {
  const handle = compiled(live, fn);
  live.context.setProp(live.context.global, name, handle);
}

// ---- compiling

const identifier = /^[A-Za-z_$][\w$]*$/;
/** Words that cannot be the name of a parameter in JavaScript. */
const reserved = new Set(
  (
    'await break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if import in instanceof new null return super switch this throw true try typeof var void while with yield'
  ).split(' '),
);

/** The code as a function: as an expression if it is one, else as a body. */
function compiled(live: Live, fn: JsFunction): QuickJSHandle {
  const key = `${fn.parameters.join(',')}\n${fn.text}`;
  const known = live.functions.get(key);
  if (known !== undefined) return known;
  const head = `(${/\bawait\b/.test(fn.text) ? 'async ' : ''}function (${fn.parameters.map(parameterName).join(', ')}) {`;
  const { context } = live;
  let result = context.evalCode(`${head}return (${fn.text}\n)})`, 'code.js');
  if (result.error !== undefined) {
    result.error.dispose();
    result = context.evalCode(`${head}${fn.text}\n})`, 'code.js');
  }
  if (result.error !== undefined) throw failure(live, result.error);
  live.functions.set(key, result.value);
  return result.value;
}

function parameterName(name: string, index: number): string {
  return identifier.test(name) && !reserved.has(name) ? name : `_${index}`;
}

// ---- calling

interface Job {
  readonly fn: JsFunction;
  readonly args: string;
  readonly invoke: Invoke;
}

async function run(live: Live, options: SandboxOptions, job: Job): Promise<JsResult> {
  const call = startCall(job);
  let encoded = guarded(live, options, call, () => start(live, job));
  while (encoded.startsWith('p')) {
    const id = encoded.slice(1);
    encoded = guarded(live, options, call, () => poll(live, id));
    if (!encoded.startsWith('p')) break;
    if (call.waiting === 0) {
      // An interrupted job leaves its promise as it is.
      if (Date.now() >= call.deadline) throw timeError(live.time);
      throw new MlldError('CODE_FAILED', 'the code waits for a promise that nothing settles');
    }
    await new Promise<void>((resolve) => {
      call.wake = resolve;
    });
  }
  return finish(encoded, call, options);
}

function runNow(live: Live, options: SandboxOptions, job: Job): JsResult | undefined {
  if (live.engine.broken) return undefined;
  const call = startCall(job);
  const encoded = guarded(live, options, call, () => start(live, job));
  if (encoded.startsWith('p')) return undefined;
  return finish(encoded, call, options);
}

function startCall({ invoke }: Job): Call {
  return { logs: [], invoke, deadline: Number.POSITIVE_INFINITY, waiting: 0, wake: () => {}, size: 0 };
}

function finish(encoded: string, call: Call, { limits }: SandboxOptions): JsResult {
  if (encoded.length > limits.jsOutput) {
    throw new MlldError(
      'OUTPUT_LIMIT',
      `the code returned ${encoded.length} characters, more than ${limits.jsOutput}`,
    );
  }
  return { encoded, logs: call.logs };
}

function start(live: Live, { fn, args }: Job): string {
  const { context } = live;
  const handle = compiled(live, fn);
  const text = context.newString(args);
  try {
    return callBridge(live, 'call', [handle, text]);
  } finally {
    text.dispose();
  }
}

function poll(live: Live, id: string): string {
  const jobs = live.runtime.executePendingJobs();
  if (jobs.error !== undefined) throw failure(live, jobs.error);
  const handle = live.context.newString(id);
  try {
    return callBridge(live, 'poll', [handle]);
  } finally {
    handle.dispose();
  }
}

function callBridge(live: Live, method: string, args: QuickJSHandle[]): string {
  const { context } = live;
  const fn = context.getProp(live.bridge, method);
  const result = context.callFunction(fn, context.undefined, ...args);
  fn.dispose();
  if (result.error !== undefined) throw failure(live, result.error);
  const text = context.getString(result.value);
  result.value.dispose();
  return text;
}

/** Runs code of the sandbox within its time. What ends it from outside leaves the engine unusable: it is replaced. */
function guarded<T>(live: Live, { limits, guard, timeLeft }: SandboxOptions, call: Call, work: () => T): T {
  const time = Math.max(1, Math.min(limits.jsTime, timeLeft()));
  const outer = live.deadline;
  live.deadline = Math.min(outer, Date.now() + time);
  live.time = time;
  call.deadline = live.deadline;
  live.calls.push(call);
  try {
    return guard === undefined ? work() : guard(work, time + 500);
  } catch (error) {
    // An interruption in the middle of a promise's own work shows as another error.
    if (error instanceof MlldError)
      throw error.code === 'CODE_FAILED' && Date.now() > live.deadline ? timeError(time) : error;
    live.engine.broken = true;
    throw brokenEngine(error, time);
  } finally {
    live.calls.pop();
    live.deadline = outer;
  }
}

function brokenEngine(error: unknown, time: number): MlldError {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return timeError(time);
  const message =
    error instanceof RangeError ? 'the code nested its calls or data too deep' : 'the code broke its limits';
  return new MlldError('MEMORY_LIMIT', message, { cause: error });
}

function timeError(time: number): MlldError {
  return new MlldError('TIME_LIMIT', `the code ran longer than ${time} ms`, {
    hint: 'Code of a module is ended when a call takes too long; make it do less, or raise the limit.',
  });
}

/** The error that the code threw, as ours. */
function failure(live: Live, handle: QuickJSHandle): MlldError {
  const dumped: unknown = live.context.dump(handle);
  handle.dispose();
  const { name, message } = readError(dumped);
  if (name === 'InternalError' && message === 'interrupted') return timeError(live.time);
  if (name === 'InternalError' && message === 'out of memory') {
    return new MlldError('MEMORY_LIMIT', 'the code used more memory than a module may');
  }
  if (message === 'output limit') return new MlldError('OUTPUT_LIMIT', 'the code logged more than it may');
  return new MlldError('CODE_FAILED', `js: ${name === 'Error' ? '' : `${name}: `}${message}`, {
    hint: hintFor(name, message),
  });
}

function readError(dumped: unknown): { name: string; message: string } {
  if (typeof dumped !== 'object' || dumped === null) return { name: 'Error', message: String(dumped) };
  const { name, message } = dumped as { name?: unknown; message?: unknown };
  return { name: String(name ?? 'Error'), message: String(message ?? JSON.stringify(dumped)) };
}

const hostNames =
  /^'?(process|require|fetch|Buffer|URL|setTimeout|setInterval|Intl|TextDecoder|TextEncoder)'? is not defined$/;

function hintFor(name: string, message: string): string | undefined {
  const found = name === 'ReferenceError' ? hostNames.exec(message) : null;
  if (found === null) return undefined;
  return `js code is pure: it has no ${found[1]}. Use 'node { … }' and declare 'needs { node }'.`;
}

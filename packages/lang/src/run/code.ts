import type { Language } from '../ast.ts';
import type { CodeExpression, CommandExpression, Expression } from '../ast-expressions.ts';
import { renderCommand } from './command.ts';
import { type Context, errorAt } from './context.ts';
import { evaluate } from './evaluate.ts';
import type { ProcessAccess, SpawnResult } from './host.ts';
import { jsonLike, tryJson } from './json.ts';
import { nodeLoader, pythonLoader } from './loaders.ts';
import { localVariables } from './locals.ts';
import { isGranted, permit } from './permission.ts';
import { runJs } from './sandboxed.ts';
import { lookup } from './scope.ts';
import { isExecutable, loadedFile, toJson, toPlain, toText, type Value } from './values.ts';

export interface Extra {
  readonly stdin?: string | undefined;
  /** The value on its way through a pipeline; code sees it as `input`. */
  readonly input?: Value;
  /** The name of an `auth` whose secret the process gets in its environment. */
  readonly auth?: string | undefined;
}

/** Runs embedded code in its language and gives its value. */
export async function runCode(context: Context, node: CodeExpression, extra: Extra): Promise<Value> {
  if (node.language === 'js') return runJs(context, node);
  const detail = node.text.trim().split('\n')[0]!.slice(0, 80);
  await permit(context, node, { need: node.language, detail });
  switch (node.language) {
    case 'node':
      return runNode(context, node, extra);
    case 'py':
      return runPython(context, node, extra);
    default:
      return runShell(context, node, extra);
  }
}

// ---- processes

interface Process {
  readonly command: readonly string[];
  readonly input: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: Expression | undefined;
}

async function spawn(
  context: Context,
  node: CodeExpression | CommandExpression,
  process: Process,
): Promise<SpawnResult> {
  const { session, module } = context;
  if (session.host.spawn === undefined) {
    throw errorAt(context, node, { code: 'NOT_SUPPORTED', message: 'processes cannot run here' });
  }
  const cwd = process.cwd === undefined ? undefined : toText(await evaluate(context, process.cwd));
  const access = await accessOf(context, node);
  const declared = await declaredEnv(context, node);
  const timeout = Math.max(1, Math.min(session.limits.processTime, session.deadline - Date.now()));
  const result = await session.host.spawn({
    command: process.command,
    input: process.input,
    env: { ...declared.env, ...process.env },
    inheritEnv: declared.all,
    cwd,
    timeout,
    maxOutput: session.limits.processOutput,
    origin: module.origin,
    access,
  });
  if (result.stopped !== undefined) {
    const why = result.stopped === 'time' ? `ran longer than ${timeout} ms` : 'printed more than it may';
    throw errorAt(context, node, {
      code: result.stopped === 'time' ? 'TIME_LIMIT' : 'OUTPUT_LIMIT',
      message: `'${process.command[0]}' ${why} and was ended`,
    });
  }
  return result;
}

/** What the process may do beside computing: each need that the module declared is asked for. */
async function accessOf(
  context: Context,
  node: CodeExpression | CommandExpression,
): Promise<ProcessAccess | null> {
  const { origin, needs } = context.module;
  if (origin === null) return null;
  const names = (...all: string[]): ReadonlySet<string> | undefined =>
    all.map((name) => needs.get(name)).find((one) => one !== undefined);
  const hosts = hostsOf(names('network'));
  if (hosts.length > 0) {
    const detail = hosts.includes('*') ? 'any host' : hosts.join(', ');
    await permit(context, node, { need: 'network', detail });
  }
  const files = names('filesystem', 'fs', 'files');
  const mode = files === undefined ? 'none' : files.has('write') ? 'write' : 'read';
  if (mode !== 'none') await permit(context, node, { need: 'filesystem', detail: `${mode} the project` });
  return {
    language: node.kind === 'command' ? 'cmd' : (node.language as ProcessAccess['language']),
    hosts,
    files: mode,
    packages: (names('node')?.size ?? 0) > 0,
    programs: names('cmd', 'sh', 'bash') !== undefined,
  };
}

/** `network`, `network: [a.example]` and `network: { hosts: [a.example] }`. */
function hostsOf(names: ReadonlySet<string> | undefined): string[] {
  if (names === undefined) return [];
  const hosts = [...names]
    .map((name) => name.replace(/^[[{"']+|[\]}"']+$/g, ''))
    .filter((name) => name !== '' && !name.endsWith(':'));
  return hosts.length === 0 ? ['*'] : hosts;
}

function checkExit(context: Context, node: CodeExpression | CommandExpression, result: SpawnResult): void {
  if (result.exitCode === 0) {
    if (result.stderr !== '') context.session.host.writeErr(result.stderr);
    return;
  }
  const reason = result.stderr.trim().split('\n').slice(-5).join('\n');
  throw errorAt(context, node, {
    code: node.kind === 'command' ? 'COMMAND_FAILED' : 'CODE_FAILED',
    message: `the ${node.kind === 'command' ? 'command' : `${node.language} code`} ended with exit code ${result.exitCode}${reason === '' ? '' : `: ${reason}`}`,
  });
}

/** What a process printed: text, that is also its data if it is JSON. */
export function printed(text: string): Value {
  const trimmed = text.replace(/\r?\n$/, '');
  const data = jsonLike(trimmed);
  return data === undefined ? trimmed : loadedFile({ text: trimmed, data, mx: { text: trimmed, data } });
}

// ---- node

/** The loader prints this before the value; the code itself cannot know it when it is written. */
function marker(): string {
  return `mlld-value-${Math.random().toString(36).slice(2)}-`;
}

async function runNode(context: Context, node: CodeExpression, extra: Extra): Promise<Value> {
  const locals = localVariables(context, node.args);
  const mark = marker();
  const job = {
    mark,
    parameters: [...locals.keys()],
    args: [...locals.values()].map((value) => toPlain(value) ?? null),
    text: node.text,
    functions: shadowFunctions(context, 'node'),
  };
  const env = await secretEnv(context, node, extra);
  const command = ['node', '-e', nodeLoader];
  const result = await spawn(context, node, { command, input: JSON.stringify(job), env, cwd: node.cwd });
  const at = result.stdout.lastIndexOf(mark);
  const output = at < 0 ? result.stdout : result.stdout.slice(0, at);
  checkExit(context, node, result);
  const value = at < 0 ? undefined : tryJson(result.stdout.slice(at + mark.length).trim());
  if (value === undefined) return printed(output);
  if (output !== '') context.session.host.writeErr(output);
  return value;
}

/** The functions of `exe node = { … }`, for the code to call. */
function shadowFunctions(context: Context, language: Language): unknown[] {
  const functions: unknown[] = [];
  for (const [local, name] of context.module.shadows.get(language) ?? []) {
    const found = lookup(context.module.scope, name)?.binding.value;
    if (!isExecutable(found)) continue;
    let { body } = found;
    while (body.kind === 'with') body = body.value;
    if (body.kind !== 'code' || body.language !== language) continue;
    functions.push({
      name: local,
      parameters: found.parameters.map((parameter) => parameter.name),
      text: body.text,
    });
  }
  return functions;
}

// ---- python

async function runPython(context: Context, node: CodeExpression, extra: Extra): Promise<Value> {
  const locals = localVariables(context, node.args);
  const job = {
    args: Object.fromEntries([...locals].map(([name, value]) => [name, toPlain(value) ?? null])),
    text: dedent(node.text),
    functions: shadowFunctions(context, 'py').map((item) => ({
      ...(item as object),
      text: dedent((item as { text: string }).text),
    })),
  };
  const env = await secretEnv(context, node, extra);
  const command = ['python3', '-c', pythonLoader];
  const result = await spawn(context, node, { command, input: JSON.stringify(job), env, cwd: node.cwd });
  checkExit(context, node, result);
  return printed(result.stdout);
}

/** Python code without the indentation that all its lines share. */
function dedent(text: string): string {
  const lines = text.replace(/^[ \t]*\n/, '').split('\n');
  const indents = lines
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length);
  const shared = indents.length === 0 ? 0 : Math.min(...indents.slice(0, 10_000));
  return lines.map((line) => line.slice(shared)).join('\n');
}

// ---- shell

/** Characters of one variable that fit into the environment of a process. */
const maxEnvValue = 100_000;

/** A bash whose input is a socket takes itself for a remote shell, and would run the user's ~/.bashrc first. */
const bash = ['bash', '--noprofile', '--norc'];

async function runShell(context: Context, node: CodeExpression, extra: Extra): Promise<Value> {
  const env = { ...(await secretEnv(context, node, extra)) };
  const large: string[] = [];
  const variables = localVariables(context, node.args);
  if (extra.input !== undefined) variables.set('input', extra.input);
  for (const [name, value] of variables) {
    const text = shellText(value);
    if (text.length <= maxEnvValue) env[name] = text;
    else large.push(`${name}=${quoted(text)}; export ${name}`);
  }
  const script = [...large, node.text].join('\n');
  const viaInput = script.length > maxEnvValue;
  const command = [...bash, ...(viaInput ? ['-s'] : ['-c', script])];
  const input = viaInput ? script : extra.stdin;
  const result = await spawn(context, node, { command, input, env, cwd: node.cwd });
  checkExit(context, node, result);
  return printed(result.stdout);
}

function shellText(value: Value): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? toJsonOrText(value) : toText(value);
}

function toJsonOrText(value: Value): string {
  const text = toText(value);
  return text === '' ? toJson(value) : text;
}

/** A text that bash reads as itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// ---- commands

/** Runs `cmd { a | b }`: programs with their arguments, each one's output the next one's input. */
export async function runCommand(context: Context, node: CommandExpression, extra: Extra): Promise<Value> {
  const programs = await renderCommand(context, node);
  const env = await secretEnv(context, node, extra);
  let input = extra.stdin;
  let stdout = '';
  for (const { argv } of programs) await permit(context, node, { need: 'cmd', detail: argv[0] ?? '' });
  for (const { argv, dropErrors, joinErrors } of programs) {
    const result = await spawn(context, node, { command: argv, input, env, cwd: node.cwd });
    checkExit(
      context,
      node,
      dropErrors ? { ...result, stderr: '' } : joinErrors ? { ...result, stderr: '' } : result,
    );
    stdout = joinErrors ? result.stdout + result.stderr : result.stdout;
    input = stdout;
  }
  return printed(stdout);
}

// ---- environment

interface DeclaredEnv {
  readonly env: Readonly<Record<string, string>>;
  readonly all: boolean;
}

/**
 * The variables that an imported module's processes get, if the user grants it: those that `needs { env: [NAME, …] }` names, or,
 * where the module can't know the names (`needs { env }`), those that the user names. All of them get only a module at hand,
 * that its author tries.
 */
async function declaredEnv(context: Context, node: CodeExpression | CommandExpression): Promise<DeclaredEnv> {
  const { origin, needs } = context.module;
  const declared = needs.get('env');
  if (origin === null || declared === undefined) return { env: {}, all: false };
  const isOpen = declared.size === 0 || declared.has('*');
  const { host } = context.session;
  if (isOpen && origin.digest === '') return { env: {}, all: true };
  const names = isOpen ? (host.envNames ?? []) : [...declared];
  if (names.length === 0) {
    throw errorAt(context, node, {
      code: 'NEED_NOT_GRANTED',
      message: `${origin.name}@${origin.version} reads variables of the environment, and none is named`,
      hint: 'Name those that it may know: mlld run --env NAME …',
    });
  }
  await permit(context, node, { need: 'env', detail: names.join(', ') });
  const found = names.map((name) => [name, host.env?.(name)] as const);
  const env = Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== undefined));
  return { env, all: false };
}

// ---- secrets

/** The variable that `using auth:name` brings, if the user grants it. */
async function secretEnv(
  context: Context,
  node: CodeExpression | CommandExpression,
  { auth }: Extra,
): Promise<Record<string, string>> {
  if (auth === undefined) return {};
  const variable = context.module.auths.get(auth);
  if (variable === undefined) {
    throw errorAt(context, node, {
      code: 'UNKNOWN_NAME',
      message: `there is no 'auth @${auth}' in this module`,
    });
  }
  const { session, module } = context;
  if (module.origin !== null) {
    if (!(await isGranted(context, module.origin, { need: 'env', detail: variable }))) {
      throw errorAt(context, node, {
        code: 'NEED_NOT_GRANTED',
        message: `${module.origin.name} wants the secret ${variable}, and that is not granted`,
      });
    }
  }
  const value = session.host.env?.(variable);
  return value === undefined ? {} : { [variable]: value };
}

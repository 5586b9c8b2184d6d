/** Calls over lines of JSON (docs/spec/call.md §3): what the packages in other languages speak. */
import type { Readable, Writable } from 'node:stream';
import { isRegistryError, RegistryError } from '@mlld/format';
import { MlldError } from '@mlld/lang';
import { type Arguments, type Callable, callFunction } from '../callable.ts';

export const callLimits = {
  /** Bytes of one line. */
  lineBytes: 16 * 1024 * 1024,
  /** Calls that run at the same time; others wait. */
  atOnce: 8,
} as const;

export interface LinesOptions {
  readonly module: Callable;
  readonly input: Readable;
  readonly output: Writable;
}

/** Answers until the input ends, and all calls are answered. */
export async function serveLines({ module, input, output }: LinesOptions): Promise<void> {
  const send = (value: object) => void output.write(`${JSON.stringify(value)}\n`);
  send(hello(module));
  const running = new Set<Promise<void>>();
  for await (const line of linesOf(input)) {
    if (line.trim() === '') continue;
    while (running.size >= callLimits.atOnce) await Promise.race(running);
    const answered: Promise<void> = answer(module, line).then((value) => {
      send(value);
      running.delete(answered);
    });
    running.add(answered);
  }
  await Promise.all(running);
}

function hello({ name, version, digest, needs, functions }: Callable): object {
  return {
    mlld: 'call',
    v: 1,
    module: `${name}@${version}`,
    digest: `sha256:${digest}`,
    needs,
    functions: functions.map((one) => ({
      name: one.name,
      kind: one.kind,
      parameters: one.parameters,
      returns: one.returns,
    })),
  };
}

async function answer(module: Callable, line: string): Promise<object> {
  let id: unknown = null;
  try {
    const request = parseCall(line);
    id = request.id;
    return { id, value: await callFunction(module, request.call, request.args) };
  } catch (error) {
    return { id: typeof id === 'number' || typeof id === 'string' ? id : null, error: errorOf(error) };
  }
}

interface CallRequest {
  readonly id: number | string;
  readonly call: string;
  readonly args: Arguments;
}

function parseCall(line: string): CallRequest {
  const request = parsePlain(line);
  const { id, call, args = [] } = isRecord(request) ? request : {};
  const isId = Number.isSafeInteger(id) || (typeof id === 'string' && id.length <= 100);
  if (!isId || typeof call !== 'string' || !(Array.isArray(args) || isRecord(args))) {
    throw new RegistryError('BAD_REQUEST', 'wanted {"id": 1, "call": "name", "args": […] or {…}} on a line');
  }
  return { id: id as number | string, call, args };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON without a key that JavaScript takes for something else. @throws RegistryError BAD_JSON */
export function parsePlain(text: string): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') throw new SyntaxError("'__proto__' can't be a key");
      return value;
    });
  } catch (cause) {
    throw new RegistryError(
      'BAD_JSON',
      `wanted JSON: ${cause instanceof Error ? cause.message.slice(0, 200) : ''}`,
      { cause },
    );
  }
}

/** What a caller is told of a failure: no stack, no paths of this machine beyond what the message says. */
export function errorOf(error: unknown): { code: string; message: string; hint?: string } {
  if (isRegistryError(error) || error instanceof MlldError) {
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

/** Lines of at most so many bytes. @throws RegistryError TOO_LARGE */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    let rest = Buffer.from(chunk as Uint8Array);
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      yield Buffer.concat([...pending, rest.subarray(0, at)]).toString('utf8');
      pending = [];
      size = 0;
      rest = rest.subarray(at + 1);
    }
    pending.push(rest);
    size += rest.length;
    if (size > callLimits.lineBytes)
      throw new RegistryError('TOO_LARGE', `a line has at most ${callLimits.lineBytes} bytes`);
  }
  const last = Buffer.concat(pending).toString('utf8');
  if (last !== '') yield last;
}
